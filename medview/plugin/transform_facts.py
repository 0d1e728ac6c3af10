"""What is told of a transform beside its numbers: whether it folds the images, and whether they agree better for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medview.plugin.contract import Answer
from medview.progress import Progress
from medview.study.spatial_transform import SpatialTransform
from medview.study.volume import Volume


def transform_facts(
    answers: tuple[Answer, ...], fixed: Volume, others: Mapping[str, Volume], progress: Progress
) -> dict[str, Any]:
    """Return facts of the transform among a run's answers, nothing where there is none.

    Parameters
    ----------
    others
        The further inputs; a transform leads to the first of them.

    Returns
    -------
    dict
        "lowest_jacobian" of what is bent: where it is not above 0 the images are folded. "agreement_before" and
        "agreement_after" of what is not: Mattes mutual information in nats, as a registration of the program's own is
        judged; None where the images hardly overlap. Neither is the plugin's own word.
    """
    transform = next((answer for answer in answers if isinstance(answer, SpatialTransform)), None)
    moving = next(iter(others.values()), None)
    if transform is None or moving is None:
        return {}
    from medview.imaging.registration import agreement, can_register, lowest_jacobian

    field = transform.displacement
    if field is not None:
        is_thin = min(field.geometry.shape) < 2
        return {} if is_thin else {"lowest_jacobian": round(lowest_jacobian(field.vectors, field.geometry), 4)}
    if not can_register(fixed) or not can_register(moving):
        return {}
    before, after = agreement(fixed, moving, transform, progress)
    return {"agreement_before": _rounded(before), "agreement_after": _rounded(after)}


def _rounded(nats: float | None) -> float | None:
    return None if nats is None else round(nats, 4)
