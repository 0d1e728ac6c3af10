"""Lay the images that a model has registered on those it was run on, as one step that can be undone."""

from __future__ import annotations

from datetime import datetime

from medview.errors import Sentence
from medview.plugin.contract import Result
from medview.session.further_inputs import Given
from medview.session.fuse import place, why_no_fusion
from medview.session.register import add_registration
from medview.session.session import Session
from medview.study.registration import RegisteredSide, Registration
from medview.study.series import Series
from medview.study.spatial_transform import SpatialTransform
from medview.study.study import Study


def apply_transform(session: Session, study: Study, result: Result, transform: SpatialTransform, moving: Given) -> None:
    """Keep a transform as a registration of both series, and show them in a checkerboard wherever the first is seen.

    Parameters
    ----------
    study
        Of the images that the transform leads from.
    moving
        The images it leads to.
    """
    fixed = study.find(result.source.series_key)
    if fixed is None:
        return
    made = model_registration(result, transform, fixed, moving.volume.series)
    add_registration(study, made)
    name = moving.volume.series.series_description or moving.volume.series.modality
    facts: dict[str, object] = {"plugin": Sentence(result.name), "name": name}
    for scene in session.scenes_of(study, result.source.series_key):
        if why_no_fusion(scene) is None:
            place(session, scene, moving.study, moving.volume, mode="checkerboard")
    session.notices.add(
        "info",
        Sentence("{plugin} has registered {name}.", facts),
        "Look at it in the checkerboard, the flicker or the difference (menu Fusion).",
    )
    if made.is_worse:
        session.notices.add(
            "warning",
            "The images agree less than they did before (mutual information): look closely.",
            "Undo it, or move the second images by hand.",
        )
    if float(result.provenance.get("lowest_jacobian", 1.0)) <= 0.0:
        session.notices.add(
            "warning",
            "The bent images are folded in places: there they show what is not.",
            "Use the affine registration instead.",
        )


def model_registration(result: Result, transform: SpatialTransform, fixed: Series, moving: Series) -> Registration:
    """Return a plugin's transform as a registration that says whose it is."""
    return Registration(
        "model",
        RegisteredSide.of(fixed),
        RegisteredSide.of(moving),
        transform,
        datetime.now().astimezone().isoformat(timespec="microseconds"),
        result.provenance.get("agreement_before"),
        result.provenance.get("agreement_after"),
        label=result.name,
        provenance=dict(result.provenance),
    )
