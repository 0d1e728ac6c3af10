"""Contours of a region laid onto the slices of a series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from medview.errors import Sentence
from medview.files.objects.mask_layers import Patch
from medview.files.objects.rt_contours import Contour, Roi
from medview.imaging.contour_fill import contour_fill
from medview.study.geometry import Geometry
from medview.study.image_index import ImagePlace
from medview.study.series import Series

_SAME_MM = 0.05  # decimals of a position
_ONE_PLANE_MM = 0.2  # contours of one plane may differ by rounding, and by how flat they are
_FLAT_MM = 0.5  # points of a contour lie at most so far above and below its plane


@dataclass(frozen=True, eq=False)
class RasterisedRoi:
    """A region as voxels, with what did not fit: contours in no slice's plane, and what a reader must know."""

    patches: tuple[Patch, ...]
    left_out: tuple[Contour, ...]
    said: tuple[Sentence, ...]


@dataclass(frozen=True, eq=False)
class _Placed:
    """A contour, the slice that is nearest, and how far behind it along the normal the contour lies."""

    contour: Contour
    slice_index: int
    offset_mm: float


@dataclass(frozen=True, eq=False)
class _Plane:
    """The contours that are filled on one slice."""

    slice_index: int
    away_mm: float
    contours: tuple[Contour, ...]


class ContourRaster:
    """Fills the contours of regions on the slices of one series, by the even-odd rule in each plane."""

    def __init__(self, series: Series, geometry: Geometry) -> None:
        self._series = series
        self._geometry = geometry
        self._origins = np.array([ImagePlace(series, k).origin_mm for k in range(len(series.instances))])
        normal = np.cross(geometry.directions[:, 2], geometry.directions[:, 1])
        self._normal = normal / np.linalg.norm(normal)
        self._along = self._origins @ self._normal

    def rasterise(self, roi: Roi) -> RasterisedRoi:
        """Return the voxels whose centres lie within the closed contours of a region."""
        closed = [c for c in roi.contours if c.is_closed]
        placed = [self._placed(contour) for contour in closed]
        left_out = tuple(c for c, p in zip(closed, placed, strict=True) if p is None)
        planes = _planes([p for p in placed if p is not None])
        patches = tuple(p for p in (self._filled(plane) for plane in planes) if p is not None)
        unfilled = len(closed) - sum(len(plane.contours) for plane in planes)
        return RasterisedRoi(patches, left_out, (*self._remarks(roi, planes), *_left_out(roi, unfilled)))

    def is_drawn_here(self, roi: Roi) -> bool:
        """Whether every closed contour of a region names the very image that it lies on."""
        placed = [self._placed(contour) for contour in roi.contours if contour.is_closed]
        return all(one is not None and self._names(one.contour, one.slice_index) for one in placed)

    def _placed(self, contour: Contour) -> _Placed | None:
        """Return where a contour lies; None where it is not flat, slanted, or beyond the slices."""
        along = contour.points_mm @ self._normal
        if float(np.ptp(along)) > _FLAT_MM:
            return None
        offsets = float(along.mean()) - self._along
        distances = np.abs(offsets)
        nearest = int(np.argmin(distances))
        named = [k for k in np.flatnonzero(distances <= distances[nearest] + _SAME_MM) if self._names(contour, int(k))]
        nearest = int(named[0]) if named else nearest  # recordings have many images at one place
        if distances[nearest] > self._reach_mm(nearest):
            return None
        return _Placed(contour, nearest, float(offsets[nearest]))

    def _names(self, contour: Contour, slice_index: int) -> bool:
        return self._series.instances[slice_index].sop_instance_uid in contour.image_uids

    def _reach_mm(self, slice_index: int) -> float:
        """Return how far from a slice it is still the nearest: half the way to the next."""
        others = np.abs(np.delete(self._along, slice_index) - self._along[slice_index])
        others = others[others > _SAME_MM]
        step = float(others.min()) if len(others) else self._series.slice_thickness_mm or 1.0
        return step / 2.0 + _SAME_MM

    def _is_nested(self, plane: _Plane) -> bool:
        """Whether contours overlap that are not said to be joined by exclusive or: the standard leaves that open."""
        plain = [c for c in plane.contours if c.kind == "CLOSED_PLANAR"]
        if len(plain) < 2 or len(plain) < len(plane.contours):
            return False
        alone = [self._filled(_Plane(plane.slice_index, 0.0, (c,))) for c in plain]
        together = self._filled(plane)
        return sum(int(p.mask.sum()) for p in alone if p) != (int(together.mask.sum()) if together else 0)

    def _filled(self, plane: _Plane) -> Patch | None:
        """Return the mask of a plane's contours, cut to what it covers; None where it covers no voxel's centre."""
        steps = self._geometry.affine[:3, :3].copy()
        steps[:, 0] = self._normal
        inverse = np.linalg.inv(steps)
        points = [((c.points_mm - self._origins[plane.slice_index]) @ inverse.T)[:, 1:] for c in plane.contours]
        low = np.maximum(np.floor(np.min([p.min(axis=0) for p in points], axis=0)).astype(int), 0)
        high = np.max([p.max(axis=0) for p in points], axis=0)
        high = np.minimum(np.ceil(high).astype(int) + 1, self._geometry.shape[1:])
        if np.any(high <= low):
            return None
        rows, columns = (high - low).tolist()
        mask = contour_fill([p - low for p in points], (rows, columns))
        return Patch(plane.slice_index, int(low[0]), int(low[1]), mask) if mask.any() else None

    def _remarks(self, roi: Roi, planes: list[_Plane]) -> Iterator[Sentence]:
        away = max((p.away_mm for p in planes), default=0.0)
        if away > _SAME_MM:
            yield Sentence(
                "Contours of {roi} lie between the slices, up to {mm} mm away: they are shown on the nearest slice.",
                {"roi": roi.name, "mm": f"{away:.2f}"},
            )
        other = sum(
            not self._names(contour, plane.slice_index)
            for plane in planes
            for contour in plane.contours
            if contour.image_uids
        )
        if other:
            yield Sentence(
                "Contours of {roi} that name another image, shown where their coordinates lie: {count}.",
                {"roi": roi.name, "count": other},
            )
        if any(self._is_nested(plane) for plane in planes):
            yield Sentence("Contours of {roi} lie within or across others: what two of them hold is taken as a hole.",
                           {"roi": roi.name})  # fmt: skip
        slices = {plane.slice_index for plane in planes}
        gaps = (max(slices) - min(slices) + 1 - len(slices)) if slices else 0
        if gaps:
            yield Sentence(
                "Slices between others on which {roi} has no contour, and nothing is filled in: {count}.",
                {"roi": roi.name, "count": gaps},
            )


def _planes(placed: Iterable[_Placed]) -> list[_Plane]:
    """Return for each slice the contours of the one plane that is nearest: those of two planes are no holes."""
    by_slice: dict[int, list[_Placed]] = defaultdict(list)
    for one in placed:
        by_slice[one.slice_index].append(one)
    planes = []
    for slice_index, found in by_slice.items():
        nearest = min(found, key=lambda one: abs(one.offset_mm)).offset_mm
        together = [one for one in found if abs(one.offset_mm - nearest) <= _ONE_PLANE_MM]
        away = max(abs(one.offset_mm) for one in together)
        planes.append(_Plane(slice_index, away, tuple(one.contour for one in together)))
    return planes


def _left_out(roi: Roi, count: int) -> tuple[Sentence, ...]:
    if not count:
        return ()
    facts: dict[str, object] = {"roi": roi.name, "count": count}
    return (Sentence("Contours of {roi} that lie in the plane of no slice, and are not filled: {count}.", facts),)
