"""The images of a study by what refers to them, and where their pixels lie in the patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from medview.study.annotation import ImageName
from medview.study.geometry import FloatArray
from medview.study.series import Series


@dataclass(frozen=True, eq=False)
class ImagePlace:
    """One image: a slice of a series that can be shown."""

    series: Series
    slice_index: int

    @property
    def name(self) -> ImageName:
        """What tells it from every other image."""
        instance = self.series.instances[self.slice_index]
        return ImageName(instance.sop_instance_uid, instance.frame_index)

    @property
    def tile(self) -> tuple[int, int] | None:
        """Where it lies in a mosaic, None elsewhere."""
        return self.series.instances[self.slice_index].tile

    @property
    def origin_mm(self) -> FloatArray:
        """LPS mm of the centre of its first pixel: its own, which of an uneven stack the geometry cannot tell."""
        geometry, own = self.series.geometry, self.series.instances[self.slice_index].image_position_patient
        assert geometry is not None
        return geometry.to_mm((self.slice_index, 0, 0)) if own is None else np.array(own, dtype=np.float64)

    def to_mm(self, columns_rows: ArrayLike) -> FloatArray:
        """Return LPS mm (n, 3) of image points (n, 2) in columns and rows.

        (0, 0) is the outer corner of the first pixel and (0.5, 0.5) its centre, as in spatial coordinates of reports
        (PS3.3 C.18.6.1.2) and in presentation states (C.10.5.1.2).
        """
        geometry = self.series.geometry
        assert geometry is not None
        points = np.asarray(columns_rows, dtype=np.float64).reshape(-1, 2) - 0.5
        steps = geometry.affine[:3, :3]
        return self.origin_mm + points[:, 1:] * steps[:, 1] + points[:, :1] * steps[:, 2]

    def to_index(self, points_mm: ArrayLike) -> FloatArray:
        """Return the index (slice, row, column) in the volume of LPS points (..., 3), seen along the slice's normal.

        The slice is this one whatever the geometry makes of it, so that it holds for uneven stacks and recordings.
        """
        geometry = self.series.geometry
        assert geometry is not None
        steps = geometry.affine[:3, :3].copy()
        steps[:, 0] = np.cross(steps[:, 1], steps[:, 2])
        index = (np.asarray(points_mm, dtype=np.float64) - self.origin_mm) @ np.linalg.inv(steps).T
        index[..., 0] = self.slice_index
        return index


class ImageIndex:
    """Finds images by SOP Instance UID and frame.

    Parameters
    ----------
    series
        Those of a study; such as form no geometry are passed over: there is nothing to show.
    """

    def __init__(self, series: Iterable[Series]) -> None:
        self._places: dict[str, list[ImagePlace]] = defaultdict(list)
        for one in series:
            if one.geometry is None or one.refusal is not None:
                continue
            for number, instance in enumerate(one.instances):
                self._places[instance.sop_instance_uid].append(ImagePlace(one, number))

    def find(self, name: ImageName) -> ImagePlace | None:
        """Return where an image is, the first frame where none is named; None where it is not here.

        A tile of a mosaic is never found: what refers to a mosaic refers to all its tiles at once.
        """
        return next(iter(self.find_all(name)), None)

    def find_all(self, name: ImageName) -> tuple[ImagePlace, ...]:
        """Return all images that a name means: every frame of an object where none is named."""
        return tuple(
            place
            for place in (self._places.get(name.sop_instance_uid, ()) if name.sop_instance_uid else ())
            if place.tile is None and name.frame_index in (None, place.name.frame_index)
        )

    def holds(self, sop_instance_uid: str) -> bool:
        """Whether an image is here."""
        return bool(sop_instance_uid) and sop_instance_uid in self._places

    def of_frame_of_reference(self, uid: str) -> tuple[Series, ...]:
        """Return the series that lie in a frame of reference."""
        found = {id(p.series): p.series for places in self._places.values() for p in places}
        return tuple(s for s in found.values() if uid and s.geometry and s.geometry.frame_of_reference_uid == uid)
