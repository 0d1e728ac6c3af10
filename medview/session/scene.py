"""What is on the screen: one volume, the point looked at, its window and the mask drawn over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from medview.imaging.plane import SlicePlane
from medview.session.viewport import PLANES, PlaneName
from medview.study.segmentation import Segmentation
from medview.study.series import Series
from medview.study.study import Study
from medview.study.volume import Volume


class Scene:
    """One volume as it is looked at. All panes share it, so that they cannot show different places.

    Attributes
    ----------
    cursor_mm
        LPS point where the three planes cross; always the centre of a voxel. Each plane shows the slice through it.
    window
        (Window Center, Window Width) in the volume's unit.
    segmentation
        The mask drawn and edited, or None.
    active_segment
        Number of the segment that the brush paints.
    hidden_segments
        Numbers of the segments that are not drawn.
    """

    cursor_changed = Signal()
    display_changed = Signal()
    segmentation_changed = Signal()

    def __init__(self, study: Study, volume: Volume, window: tuple[float, float]) -> None:
        self.study = study
        self.volume = volume
        self.window = window
        self.default_window = window
        self.inverted = False
        self.mask_visible = True
        self.mask_opacity = 0.4
        self.mask_outline = False
        self.crosshair_visible = True
        self.segmentation: Segmentation | None = None
        self.active_segment = 1
        self.hidden_segments: frozenset[int] = frozenset()
        self.cursor_mm = self._voxel_centre(volume.geometry.centre_mm)

    @property
    def series(self) -> Series:
        """The series shown."""
        return self.volume.series

    @property
    def acquired_plane(self) -> PlaneName:
        """The plane in which the images were acquired."""
        geometry = self.volume.geometry
        return next(plane for plane in PLANES if SlicePlane.of(geometry, plane).axis == 0)

    @property
    def only_plane(self) -> PlaneName | None:
        """The plane of a single image, in which alone there is something to see; None for a volume."""
        return self.acquired_plane if self.volume.geometry.shape[0] == 1 else None

    @property
    def cursor_index(self) -> tuple[int, int, int]:
        """Index (slice, row, column) of the voxel at the cursor."""
        slice_, row, column = np.rint(self.volume.geometry.to_index(self.cursor_mm)).astype(int)
        return int(slice_), int(row), int(column)

    def move_cursor(self, point_mm: ArrayLike) -> None:
        """Move the crosshair to the voxel nearest to a point, kept inside the volume."""
        point = self._voxel_centre(np.asarray(point_mm, dtype=np.float64))
        if not np.array_equal(point, self.cursor_mm):
            self.cursor_mm = point
            self.cursor_changed.emit()

    def update(self, **values: object) -> None:
        """Set display attributes (window, inverted, mask_opacity ...) and tell it once."""
        for name, value in values.items():
            if name not in self.__dict__:
                raise AttributeError(name)
            setattr(self, name, value)
        self.display_changed.emit()

    def show_segmentation(self, segmentation: Segmentation | None) -> None:
        """Draw and edit another segmentation of the study, or none."""
        self.segmentation = segmentation
        self.hidden_segments = frozenset()
        if segmentation is not None and segmentation.segments:
            self.active_segment = segmentation.segments[0].number
        self.segmentation_changed.emit()

    def _voxel_centre(self, point_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        geometry = self.volume.geometry
        index = np.clip(np.rint(geometry.to_index(point_mm)), 0, np.array(geometry.shape) - 1)
        return geometry.to_mm(index)
