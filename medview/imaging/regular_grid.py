"""Slices that are shifted against each other, or unevenly far apart, on a grid of right angles and even steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medview.progress import Progress, unheard
from medview.study.geometry import FloatArray, Geometry

WIDEST_GAP = 1.75  # of the median distance: what lies in a wider gap nobody has seen
_ON_SLICE = 1e-6  # of a step


@dataclass(frozen=True, eq=False)
class RegularGrid:
    """A right-angled grid over a stack, and how the stack's slices lie in it.

    Attributes
    ----------
    geometry
        The grid: in-plane steps are those of the slices, the slice step is along their normal, about their median
        distance, so that the first and the last slice lie on the first and the last plane.
    heights
        Where each slice lies along the slice axis, in steps of the grid; increasing.
    offsets
        (slices, 2): row and column of each slice's first pixel in the grid, with fractions.
    gaps_mm
        Distance of each slice to the next along the normal.
    """

    geometry: Geometry
    heights: FloatArray
    offsets: FloatArray
    gaps_mm: FloatArray

    @property
    def wide_gaps(self) -> tuple[int, ...]:
        """Return the indices of the slices before gaps that are not bridged."""
        wide = np.flatnonzero(self.gaps_mm > WIDEST_GAP * np.median(self.gaps_mm))
        return tuple(wide.tolist())

    @property
    def empty_planes(self) -> tuple[int, ...]:
        """Return the planes of the grid that no slice reaches: they lie in a wide gap."""
        return tuple(k for k in range(self.geometry.shape[0]) if not self._sources(k))

    def fill(self, array: NDArray[Any], out: NDArray[Any], empty: float, progress: Progress = unheard) -> None:
        """Write the values of a stack (slices, rows, columns) into `out` of the grid's shape.

        Between two slices along their normal, and between pixels within a slice, values are weighted linearly; where
        no slice reaches, or only one of two, `empty` is written. Whole numbers are rounded.
        """
        placed: dict[int, NDArray[np.float32]] = {}
        for plane in range(out.shape[0]):
            progress(plane / out.shape[0], "Resampling")
            sources = self._sources(plane)
            placed = {k: placed[k] if k in placed else self._placed(array[k], k) for k, _ in sources}
            values = sum((weight * placed[k] for k, weight in sources), np.float32(0.0)) if sources else np.nan
            whole = np.broadcast_to(np.where(np.isnan(values), np.float32(empty), values), out.shape[1:])
            out[plane] = np.rint(whole) if out.dtype.kind in "iu" else whole

    def _sources(self, plane: int) -> list[tuple[int, float]]:
        """Return the slices that a plane is made of, each with its weight; [] within a wide gap."""
        upper = int(np.searchsorted(self.heights, plane - _ON_SLICE))
        if upper < len(self.heights) and abs(self.heights[upper] - plane) <= _ON_SLICE:
            return [(upper, 1.0)]
        lower = upper - 1
        if upper >= len(self.heights) or lower < 0:
            return [(min(max(lower, 0), len(self.heights) - 1), 1.0)]
        below, above = plane - self.heights[lower], self.heights[upper] - plane
        if lower in self.wide_gaps:
            near, distance = (lower, below) if below <= above else (upper, above)
            return [(near, 1.0)] if distance <= 0.5 else []
        share = float(below / (below + above))
        return [(lower, 1.0 - share), (upper, share)]

    def _placed(self, image: NDArray[Any], number: int) -> NDArray[np.float32]:
        """Return a slice on the grid's rows and columns, NaN where it has no pixel."""
        moved = image.astype(np.float32)
        for axis, offset in enumerate(self.offsets[number]):
            moved = _shifted(moved, float(offset), self.geometry.shape[axis + 1], axis)
        return moved


def regular_grid(positions: ArrayLike, geometry: Geometry) -> RegularGrid:
    """Return the right-angled, even grid over a stack.

    Parameters
    ----------
    positions
        (slices, 3): where the first pixel of each slice lies (LPS mm), in the order of the slices along their normal.
    geometry
        The stack's own: its row and column steps are used, its slice axis is not.
    """
    points = np.asarray(positions, dtype=np.float64)
    in_plane = geometry.affine[:3, [1, 2]]
    normal = np.cross(in_plane[:, 1], in_plane[:, 0])
    normal /= np.linalg.norm(normal)
    along = (points - points[0]) @ normal
    gaps = np.diff(along)
    if len(points) < 2 or gaps.min() <= 0:
        raise ValueError("slices must be ordered along their normal, each at its own height")
    planes = max(2, round(float(along[-1] / np.median(gaps))) + 1)
    step_mm = float(along[-1] / (planes - 1))
    beside = np.linalg.lstsq(in_plane, (points - points[0] - along[:, None] * normal).T, rcond=None)[0].T
    beside = np.where(np.abs(beside - np.rint(beside)) < 1e-4, np.rint(beside), beside)
    least = np.floor(beside.min(axis=0))
    size = np.array(geometry.shape[1:]) + np.ceil(beside.max(axis=0) - least).astype(int)
    grid = Geometry.from_axes(
        (planes, int(size[0]), int(size[1])),
        origin=points[0] + in_plane @ least,
        slice_step=normal * step_mm,
        row_step=in_plane[:, 0],
        column_step=in_plane[:, 1],
        frame_of_reference_uid=geometry.frame_of_reference_uid,
        has_spacing=geometry.has_spacing,
        has_orientation=geometry.has_orientation,
    )
    return RegularGrid(grid, along / step_mm, beside - least, gaps)


def _shifted(image: NDArray[np.float32], offset: float, size: int, axis: int) -> NDArray[np.float32]:
    """Return an image moved by a fractional offset along one axis into `size` pixels, NaN where it does not reach."""
    whole = int(np.floor(offset))
    share = np.float32(offset - whole)
    source = np.moveaxis(image, axis, 0)
    out = np.full((size, source.shape[1]), np.nan, dtype=np.float32)
    if share == 0:
        out[whole : whole + len(source)] = source
    else:  # pixel n of the grid lies between pixels n - whole - 1 and n - whole of the image
        out[whole + 1 : whole + len(source)] = share * source[:-1] + (1 - share) * source[1:]
    return np.moveaxis(out, 0, axis)
