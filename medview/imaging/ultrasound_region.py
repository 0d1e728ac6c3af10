"""Which region of an ultrasound image points lie in, and what its scale is (PS3.3 C.8.5.5)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.study.spacing_facts import Pair, UltrasoundRegion

_TWO_DIMENSIONAL = 1
_CENTIMETRES = 3
_AXES = {
    2: Sentence("This region is an M-mode: one of its axes is time, so neither length nor angle can be measured."),
    3: Sentence("This region is a spectrum over time: neither length nor angle can be measured."),
    4: Sentence("This region is a wave form over time: neither length nor angle can be measured."),
    5: Sentence("This region is a graphic: neither length nor angle can be measured."),
}
_AMBIGUOUS = Sentence("Two regions of the ultrasound image lie over each other here, and have scales of their own.")
_CROSSING = Sentence("The points lie in different regions of the ultrasound image, which have scales of their own.")


def region_of(
    regions: tuple[UltrasoundRegion, ...], points: NDArray[np.float64]
) -> tuple[UltrasoundRegion | None, Sentence | None]:
    """Return the region that holds every point (n, 2) of (column, row), and why nothing may be measured there.

    (None, None) where no region holds them all. Of several that do, the one of higher priority is meant, and none where
    equal ones have other scales; one without a format only frames the others. Without any point, a region whose scale
    holds in all that have one.
    """
    regions = tuple(region for region in regions if region.spatial_format)
    if not len(points):
        scaled = {region_spacing(region): region for region in regions if region_spacing(region) is not None}
        return (next(iter(scaled.values())) if len(scaled) == 1 else None), None
    around = [region for region in regions if _holds(region, points).all()]
    if around:
        meant = min(around, key=lambda region: region.is_low_priority)
        equal = {_scale(region) for region in around if region.is_low_priority == meant.is_low_priority}
        return meant, _AXES.get(meant.spatial_format) if len(equal) == 1 else _AMBIGUOUS
    touched = [region for region in regions if _holds(region, points).any()]
    for region in touched:
        if region.spatial_format in _AXES:
            return region, _AXES[region.spatial_format]
    return None, _CROSSING if len(touched) > 1 else None


def _scale(region: UltrasoundRegion) -> tuple[object, ...]:
    """Return what a region's axes are worth."""
    return region.spatial_format, region.units, *(f"{delta:.4g}" for delta in region.delta)  # writers round


def has_square_pixels(regions: Iterable[UltrasoundRegion]) -> bool:
    """Whether the pixels of every region whose scale is known are as high as they are wide, to a thousandth."""
    known = (found for region in regions if (found := region_spacing(region)) is not None)
    return all(abs(height / width - 1.0) < 1e-3 for height, width in known)


def region_spacing(region: UltrasoundRegion) -> Pair | None:
    """Return height and width of a pixel in mm; None where the region's axes are not both centimetres."""
    is_scaled = min(region.delta) > 0 and np.isfinite(region.delta).all()
    if region.spatial_format != _TWO_DIMENSIONAL or region.units != (_CENTIMETRES, _CENTIMETRES) or not is_scaled:
        return None
    across, down = region.delta
    return 10.0 * down, 10.0 * across


def has_scale(regions: Iterable[UltrasoundRegion]) -> bool:
    """Whether the scale of any region is known."""
    return any(region_spacing(region) is not None for region in regions)


def _holds(region: UltrasoundRegion, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points lie within the outer edges of a region's pixels."""
    left, top, right, bottom = region.box
    x, y = points[:, 0], points[:, 1]
    inside: NDArray[np.bool_] = (x >= left - 0.5) & (x <= right + 0.5) & (y >= top - 0.5) & (y <= bottom + 0.5)
    return inside
