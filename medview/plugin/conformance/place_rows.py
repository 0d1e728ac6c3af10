"""Whether an answer stays with the patient, however the images were taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from medview.plugin.conformance.agreement import Agreement, far_apart_mm
from medview.plugin.conformance.bench import Bench
from medview.plugin.conformance.row import Row
from medview.plugin.conformance.specimen import MOVED_MM
from medview.study.spatial_transform import SpatialTransform, shift_by
from medview.study.volume import Volume

_REORDERED = 0.95  # the same voxels in another order
_SAMPLED = 0.85  # the same patient on other voxels
_LEFT = 0.75  # of a shift: none found leaves the whole of it, and the way back twice as much
_SLACK = 1  # and borders may lie in the next voxel then
_SAMPLED_LEARNED = 0.7  # a network has seen few patients askew; left for right, or voxels for mm, is far below
_ORDERS: dict[str, tuple[tuple[int, int, int], tuple[int, ...]]] = {
    "coronal": ((1, 0, 2), ()),
    "sagittal": ((2, 0, 1), ()),
    "flipped": ((0, 1, 2), (0, 1, 2)),
}


def orientation(bench: Bench) -> Iterator[Row]:
    """Ask whether the same voxels stacked in other ways give the same answer in the patient."""
    for name, (axes, flipped) in _ORDERS.items():
        title = f"orientation: {name}"
        if bench.settled.record.type == "image" and axes != (0, 1, 2):
            yield Row(title, "does not apply", "it takes single images, which are not stacked another way")
        else:
            yield _held(bench, title, partial(bench.settled.stacked, axes, flipped), _REORDERED)


def anisotropic(bench: Bench) -> Iterator[Row]:
    """Ask whether slices further apart than pixels give the same answer in the patient."""
    grid = bench.settled.anisotropic()
    steps = " x ".join(f"{step:.3g}" for step in grid.spacing_mm)
    if grid.spacing_mm[0] <= 1.2 * grid.spacing_mm[1]:
        yield Row("anisotropic spacing", "does not apply", "its manifest asks for voxels that are all but cubes")
    else:
        yield _held(bench, "anisotropic spacing", partial(bench.settled.on, grid), _sampled(bench), f" ({steps} mm)")


def oblique(bench: Bench) -> Iterator[Row]:
    """Ask the same of slices askew in the patient, and of slices sheared by a tilted gantry."""
    for name, grid in (("oblique", bench.settled.turned()), ("tilted", bench.settled.tilted())):
        yield _held(bench, name, partial(bench.settled.on, grid), _sampled(bench), " (15 degrees)")


def shift(bench: Bench) -> Iterator[Row]:
    """Ask whether what registers finds at least some of the way that the second patient was moved by, and no other."""
    result = bench.plain.result
    way = next((a for a in result.answers if isinstance(a, SpatialTransform)), None) if result is not None else None
    if result is None or way is None:
        return
    true = SpatialTransform.of_matrix(shift_by(MOVED_MM))
    left, whole = far_apart_mm(way, true, result.geometry), float(np.linalg.norm(MOVED_MM))
    said = f"points end up to {left:.1f} mm from where they belong; the second patient lies {whole:.1f} mm away"
    yield Row.judged("known shift", left <= _LEFT * whole, said)


def _sampled(bench: Bench) -> float:
    return _SAMPLED if bench.plugin.manifest.classical else _SAMPLED_LEARNED


def _held(bench: Bench, name: str, taken: Callable[[], Volume], least: float, remark: str = "") -> Row:
    """Return whether the patient taken in another way gives what the plain run gave."""
    if bench.plain.result is None:
        return Row(name, "does not apply", "there is no plain answer to hold it against")
    seen = bench.run(taken())
    if seen.is_refused and seen.refusal is not None:
        return Row(name, "does not apply", f"it refuses such images: {seen.refusal.message}{remark}")
    if seen.result is None:
        return Row(name, "failed", f"{seen.crash or seen.refusal}{remark}")
    agreement = Agreement.of(bench.plain.result, seen.result, 0 if least == _REORDERED else _SLACK)
    return Row.judged(name, agreement.share >= least, f"{agreement.said}, at least {least:g} is needed{remark}")
