"""Parallel images and their positions: in which order they lie, and whether they are a regular grid."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

SAME_PLACE_MM = 0.01
_RETURNED_MM = 0.1
_FAR = 10.0  # times as far to the next place as within one
_SILENT_MM = 0.01
_WARNED_MM = 0.1  # what rounding positions to a tenth of a millimetre can do
_WARNED_FRACTION = 0.1


@dataclass(frozen=True)
class Regularity:
    """How far slices are from evenly spaced.

    Attributes
    ----------
    step
        LPS vector (mm) from one slice to the next, from the first and the last position.
    deviation_mm
        Largest distance of a slice from its place on the regular grid.
    gaps_mm
        Distance of each slice to the next along the normal.
    """

    step: tuple[float, float, float]
    deviation_mm: float
    gaps_mm: tuple[float, ...]

    @property
    def is_exact(self) -> bool:
        """Whether every slice lies on the grid within 0.01 mm."""
        return self.deviation_mm <= _SILENT_MM

    @property
    def is_regular(self) -> bool:
        """Whether the deviation is no more than rounded positions explain."""
        return self.deviation_mm <= max(_SILENT_MM, min(_WARNED_MM, _WARNED_FRACTION * self.step_mm))

    @property
    def step_mm(self) -> float:
        """Length of the step."""
        return float(np.linalg.norm(self.step))

    @property
    def typical_gap_mm(self) -> float:
        """Median distance of neighbouring slices."""
        return float(np.median(self.gaps_mm))

    def missing(self) -> tuple[tuple[int, int], ...]:
        """Return (index of the slice before the gap, number of slices missing) where whole slices are missing."""
        typical = self.typical_gap_mm
        counts = [round(gap / typical) - 1 for gap in self.gaps_mm]
        return tuple((i, n) for i, n in enumerate(counts) if n > 0 and abs(self.gaps_mm[i] / typical - n - 1) < 0.1)


def slice_normal(orientation: ArrayLike) -> NDArray[np.float64]:
    """Return the unit normal of Image Orientation (Patient): row cosines x column cosines (PS3.3 C.7.6.2.1.1).

    >>> slice_normal((0, 1, 0, 0, 0, -1)).tolist()
    [-1.0, 0.0, 0.0]
    """
    cosines = np.asarray(orientation, dtype=np.float64)
    normal = np.cross(cosines[:3], cosines[3:])
    return normal / np.linalg.norm(normal) + 0.0


def places(positions: ArrayLike, normal: ArrayLike) -> list[list[int]]:
    """Return the indices of positions (n, 3) grouped by place and ordered along the normal.

    Positions that differ by less than 0.01 mm along the normal are one place; by less than 0.1 mm where that makes
    equally many images at every place, far from the next: a table that returned to each place, not quite exactly.

    >>> places([(0, 0, 5), (0, 0, 0), (0, 0, 5.001)], (0, 0, 1))
    [[1], [0, 2]]
    """
    heights = np.asarray(positions, dtype=np.float64) @ np.asarray(normal, dtype=np.float64)
    order = np.argsort(heights, kind="stable")
    gaps = np.diff(heights[order])
    if bool(((gaps >= SAME_PLACE_MM) & (gaps < _RETURNED_MM)).any()):
        wide = _within(heights, order, _RETURNED_MM)
        if _is_repeated(heights, wide):
            return wide
    return _within(heights, order, SAME_PLACE_MM)


def _within(heights: NDArray[np.float64], order: NDArray[np.intp], span_mm: float) -> list[list[int]]:
    found: list[list[int]] = []
    for index in order.tolist():
        if found and heights[index] - heights[found[-1][0]] < span_mm:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def _is_repeated(heights: NDArray[np.float64], found: list[list[int]]) -> bool:
    """Whether three places or more hold equally many images, several, close together and far from the next place."""
    if len(found) < 3 or len(found[0]) < 2 or len({len(place) for place in found}) > 1:
        return False
    spans = [heights[place[-1]] - heights[place[0]] for place in found]
    steps = [heights[after[0]] - heights[before[-1]] for before, after in pairwise(found)]
    return bool(min(steps) > _FAR * max(spans))


def regularity(positions: ArrayLike, normal: ArrayLike) -> Regularity:
    """Return how regular two or more positions (n, 3), in order along the normal, are.

    The step goes from the first position to the last, so that the shear of a tilted gantry stays in it.
    """
    points = np.asarray(positions, dtype=np.float64)
    step = (points[-1] - points[0]) / (len(points) - 1)
    expected = points[0] + np.arange(len(points))[:, None] * step
    deviation = float(np.linalg.norm(points - expected, axis=1).max())
    gaps = np.diff(points @ np.asarray(normal, dtype=np.float64))
    return Regularity((float(step[0]), float(step[1]), float(step[2])), deviation, tuple(gaps.tolist()))
