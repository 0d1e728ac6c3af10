"""Tissue that a person has cut away from the 3D view with a loop: a scalpel for what is shown, not for the images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.camera import Camera
from medview.imaging.contour_fill import contour_fill
from medview.progress import Progress, unheard
from medview.study.geometry import FloatArray, Geometry

Vector = tuple[float, float, float]
_FINE = 1000  # steps of the raster along the longer side of the loop
_LEAST_PX = 4.0  # a loop that is smaller was a click


@dataclass(frozen=True)
class DrawnLoop:
    """A loop that is being drawn over a 3D pane.

    Attributes
    ----------
    keeps_inside
        Whether what lies outside is cut away, or what lies inside.
    points_px
        (x, y) in the pane; empty until the mouse is pressed.
    """

    keeps_inside: bool = False
    points_px: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class VolumeCut:
    """What lies behind and in front of a loop, as far as the volume goes.

    Attributes
    ----------
    right, up
        Unit LPS vectors of the picture it was drawn on.
    outline_mm
        (right, up) of its points from the LPS origin along these.
    keeps_inside
        Whether what lies outside is cut away, or what lies inside.
    """

    right: Vector
    up: Vector
    outline_mm: tuple[tuple[float, float], ...]
    keeps_inside: bool = False

    @classmethod
    def of(cls, loop: DrawnLoop, camera: Camera, size: tuple[int, int]) -> VolumeCut | None:
        """Return the cut of a loop on a pane (width, height); None where it encloses nothing."""
        points = np.array(loop.points_px, dtype=np.float64).reshape(-1, 2)
        if len(points) < 3 or float(np.ptp(points, axis=0).min()) < _LEAST_PX:
            return None
        seen = [camera.ray(x, y, size)[0] for x, y in points.tolist()]
        outline = tuple((float(point @ camera.right), float(point @ camera.up)) for point in seen)
        right, up = ((float(v[0]), float(v[1]), float(v[2])) for v in (camera.right, camera.up))
        return cls(right, up, outline, loop.keeps_inside)

    def takes(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Return which LPS points (..., 3) are cut away."""
        return self._takes_at(points_mm @ np.array(self.right), points_mm @ np.array(self.up))

    def takes_slice(self, geometry: Geometry, slice_: int) -> NDArray[np.bool_]:
        """Return which voxels (rows, columns) of a slice are cut away."""
        start = geometry.to_mm((slice_, 0, 0))
        rows, columns = np.arange(geometry.shape[1])[:, None], np.arange(geometry.shape[2])[None, :]
        places = [
            float(start @ way)
            + float(geometry.affine[:3, 1] @ way) * rows
            + float(geometry.affine[:3, 2] @ way) * columns
            for way in (np.array(self.right), np.array(self.up))
        ]
        return self._takes_at(places[0], places[1])

    def _takes_at(self, right_mm: FloatArray, up_mm: FloatArray) -> NDArray[np.bool_]:
        inside, low, step = self._raster
        index = [
            np.rint((place - first) / step).astype(np.int64) for place, first in ((up_mm, low[1]), (right_mm, low[0]))
        ]
        rows, columns = (np.clip(i, 0, n - 1) for i, n in zip(index, inside.shape, strict=True))
        found: NDArray[np.bool_] = inside[rows, columns]
        return ~found if self.keeps_inside else found

    @cached_property
    def _raster(self) -> tuple[NDArray[np.bool_], FloatArray, float]:
        """The inside of the loop as a mask (up, right) with an empty rim, the place of its first pixel, its step."""
        outline = np.array(self.outline_mm)
        step = float(np.ptp(outline, axis=0).max()) / _FINE
        low: FloatArray = outline.min(axis=0) - 2 * step
        width, height = (int(n) for n in np.ceil(np.ptp(outline, axis=0) / step) + 5)
        return contour_fill([((outline - low) / step)[:, ::-1]], (height, width)), low, step


def cut_away(
    array: NDArray[Any], geometry: Geometry, cuts: tuple[VolumeCut, ...], progress: Progress = unheard
) -> NDArray[Any]:
    """Return a volume (slices, rows, columns) with its lowest value wherever it is cut away; itself without cuts."""
    if not cuts:
        return array
    left, lowest = array.copy(), array.min()
    for slice_ in range(len(left)):
        progress(slice_ / len(left))
        for cut in cuts:
            left[slice_][cut.takes_slice(geometry, slice_)] = lowest
    return left
