"""Where a frame of a segmentation lies on the images it was made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medview.errors import MedViewError
from medview.files.objects.dicom_seg_frames import SegFile, SegFrame
from medview.study.annotation import ImageName
from medview.study.geometry import FloatArray, Geometry
from medview.study.image_index import ImagePlace
from medview.study.series import Series

_SAME_MM = 0.05
_SAME_VOXEL = 0.1  # decimals of a spacing may add up to so much of a voxel at the far corner
_SAME_COSINE = 1e-3


@dataclass(frozen=True)
class FramePlace:
    """Slice of the series, and the row and column in it of the frame's first pixel."""

    slice_index: int
    row: int
    column: int


class SegPlacer:
    """Puts the frames of a segmentation onto the slices of a series, exactly or not at all.

    Each frame goes where its own position lies, and must name the image that lies there; the order of frames is not
    believed. A frame may cover a part of a slice, if its pixels are those of the image.
    """

    def __init__(self, file: SegFile, series: Series, geometry: Geometry) -> None:
        self._file = file
        self._geometry = geometry
        places = [ImagePlace(series, k) for k in range(len(series.instances))]
        self._names = [place.name for place in places]
        self._origins = np.array([place.origin_mm for place in places])
        self._uids = {name.sop_instance_uid for name in self._names}
        self._normal = np.cross(geometry.directions[:, 2], geometry.directions[:, 1])

    def place(self, frame: SegFrame) -> FramePlace:
        """Return where a frame belongs; MedViewError where it lies on another grid or contradicts itself."""
        if frame.position_mm is None:
            return self._by_name(frame)
        if frame.orientation and not self._is_parallel(frame):
            raise self._other_grid()
        away = (frame.position_mm - self._origins) @ self._normal
        near = np.flatnonzero(np.abs(away) <= _SAME_MM)
        if not len(near):
            raise self._other_grid()
        named = [int(k) for k in near if self._is_named(frame, int(k))]
        if not named:
            raise MedViewError(
                "{name} contradicts itself: a frame names another image than the one at its place.",
                "Do not use it.",
                name=self._file.path.name,
            )
        if len(named) > 1 and not frame.sources:
            raise self._other_grid()
        return self._within(named[0], frame.position_mm)

    def _by_name(self, frame: SegFrame) -> FramePlace:
        """Return the image that a frame without a position names; both must have the same pixels."""
        named = [k for k in range(len(self._names)) if frame.sources and self._is_named(frame, k)]
        same = (self._file.rows, self._file.columns) == self._geometry.shape[1:]
        if len(named) != 1 or not same:
            raise self._other_grid()
        return FramePlace(named[0], 0, 0)

    def _is_named(self, frame: SegFrame, number: int) -> bool:
        """Whether a frame names an image of the series, or names none at all."""
        name = self._names[number]
        return not frame.sources or name in frame.sources or ImageName(name.sop_instance_uid) in frame.sources

    def _is_parallel(self, frame: SegFrame) -> bool:
        expected = np.concatenate([self._geometry.directions[:, 2], self._geometry.directions[:, 1]])
        return bool(np.abs(np.asarray(frame.orientation) - expected).max() < _SAME_COSINE)

    def _within(self, slice_index: int, position_mm: FloatArray) -> FramePlace:
        """Return the offset of a frame in its slice; it must be whole pixels, and the last pixel must fit too."""
        geometry = self._geometry
        steps = geometry.affine[:3, :3].copy()
        steps[:, 0] = self._normal  # the place of the slice itself is known
        inverse = np.linalg.inv(steps)
        first = (inverse @ (position_mm - self._origins[slice_index]))[1:]
        offset = np.rint(first)
        size = np.array([self._file.rows, self._file.columns])
        spacing = np.array(geometry.spacing_mm[1:])
        own = np.array(self._file.pixel_spacing or spacing)
        last = first + (size - 1) * own / spacing
        tolerance = np.maximum(_SAME_MM / spacing, _SAME_VOXEL)
        fits = np.abs(first - offset) * spacing <= _SAME_MM
        fits &= np.abs(last - (offset + size - 1)) <= tolerance
        fits &= (offset >= 0) & (offset + size <= np.array(geometry.shape[1:]))
        if not fits.all():
            raise self._other_grid()
        return FramePlace(slice_index, int(offset[0]), int(offset[1]))

    def _other_grid(self) -> MedViewError:
        return MedViewError(
            "{name} lies on another grid than its images.", "Resample it first.", name=self._file.path.name
        )
