"""Brush and eraser: a round stroke on the slice of a pane, one edit from press to release."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medview.imaging.plane import SlicePlane
from medview.imaging.stroke import stroke
from medview.session.edit_mask import new_segmentation
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.history import Edit
from medview.study.segmentation import Box, Segmentation
from medview.tools.navigate import slice_index
from medview.tools.pointer import PointerEvent


class BrushDrag:
    """One stroke. The labels change while the mouse moves; the edit is remembered at the release.

    The brush paints the active segment over whatever lies there; the eraser takes away the active segment alone.
    Nothing is painted that is not seen: another slice begins another edit, another mask or series ends the stroke, and
    so does any other edit, a slab, or a turned plane.
    """

    _last: tuple[float, float]
    _touched: list[Box]

    def __init__(self, session: Session, event: PointerEvent, *, erase: bool = False) -> None:
        self._session = session
        self._radius_mm = float(session.settings["brush_radius_mm"])
        self._erase = erase
        self._ready = session.scene is not None and self._can_paint(session, event)
        if not self._ready or session.scene is None:
            return
        self._pane = event.pane
        self._scene: Scene = session.scene
        self._target: Segmentation = self._scene.segmentation or new_segmentation(session)
        self._plane = SlicePlane.of(self._target.geometry, session.viewports[event.pane].plane(self._scene))
        session.edit_begins.connect(self._end)
        self._begin(event)
        self.move(event)

    def move(self, event: PointerEvent) -> None:
        """Paint from the last point to this one."""
        if not self._ready or event.position_mm is None:
            return
        if not self._is_seen:
            self._end()
            return
        if slice_index(self._session, self._pane) != self._index:
            self._remember()
            self._begin(event)
        point = self._picture_point(event)
        columns, rows, mask = stroke(self._last, point, self._radius_mm, self._plane.pixel_mm, self._plane.size)
        self._last = point
        if mask.size:
            box = self._plane.box(self._index, columns, rows)
            self._target.write(box, self._painted(box, mask), 0)
            self._touched.append(box)

    def release(self, event: PointerEvent) -> None:
        """Remember the stroke as one edit."""
        self.move(event)
        if self._ready:
            self._end()

    @property
    def _is_seen(self) -> bool:
        """Whether the pane still shows the voxels of the mask, slice by slice."""
        scene, viewport = self._scene, self._session.viewports.get(self._pane)
        if self._session.scene is not scene or scene.segmentation is not self._target or viewport is None:
            return False
        is_resliced = scene.turned_planes is not None or viewport.slab_mm > 0
        return not is_resliced and viewport.is_flat and viewport.plane(scene) == self._plane.name

    def _begin(self, event: PointerEvent) -> None:
        """Start on the slice in view."""
        self._index = slice_index(self._session, self._pane)
        self._whole = self._plane.box(self._index, *(slice(0, n) for n in self._plane.size))
        self._before = self._target.labels[self._whole].copy()
        self._touched = []
        self._last = self._picture_point(event)
        self._target.is_painted = True

    def _end(self) -> None:
        """Remember what has been painted, and paint no more."""
        self._ready = False
        self._session.edit_begins.disconnect(self._end)
        self._remember()

    def _remember(self) -> None:
        self._target.is_painted = False
        if not self._touched or self._target not in self._scene.study.segmentations:
            return
        box = _around(self._touched)
        inside = tuple(slice(b.start - w.start, b.stop - w.start) for b, w in zip(box, self._whole, strict=True))
        title = "Erase" if self._erase else "Brush"
        edit = Edit(self._target, box, self._before[inside], self._target.labels[box].copy(), title)
        self._scene.study.history.do(edit, already_written=True)

    def _painted(self, box: Box, mask: NDArray[np.bool_]) -> NDArray[np.generic]:
        """Return the labels of a box with the mask (rows, columns of the picture) painted in."""
        labels = self._target.labels[box].copy()
        # the view of the one slice in the box is turned as the screen is, and writes through to `labels`
        picture = self._plane.slice_view(labels, 0)
        active = self._scene.active_segment
        picture[mask & (picture == active) if self._erase else mask] = 0 if self._erase else active
        return labels

    def _picture_point(self, event: PointerEvent) -> tuple[float, float]:
        assert event.position_mm is not None
        return self._plane.to_picture(self._plane.geometry.to_index(event.position_mm))

    @staticmethod
    def _can_paint(session: Session, event: PointerEvent) -> bool:
        """Refuse where the pane shows a resliced or projected picture: its pixels are not the mask's voxels."""
        scene = session.scene
        if scene is None or event.position_mm is None or not session.viewports[event.pane].is_flat:
            return False
        if not scene.is_whole:
            session.notices.add(
                "warning",
                "The images are not all there yet, so nothing can be drawn on them.",
                "Wait until they have been read.",
            )
            return False
        if scene.turned_planes is not None:
            session.notices.add(
                "warning",
                "The planes are turned, so their pixels are not those of the mask and cannot be painted on.",
                "Reset the planes.",
            )
            return False
        plane = SlicePlane.of(scene.volume.geometry, session.viewports[event.pane].plane(scene))
        if scene.volume.geometry.is_sheared and plane.axis != 0:
            session.notices.add(
                "warning",
                "This view is resliced from tilted images, so it cannot be painted on.",
                "Paint on the plane the images were acquired in.",
            )
            return False
        if session.viewports[event.pane].slab_mm > 0:
            session.notices.add(
                "warning", "A slab shows many slices at once, so it cannot be painted on.", "Set the slab to one slice."
            )
            return False
        return True


class EraserDrag(BrushDrag):
    """A stroke that takes the active segment away."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        super().__init__(session, event, erase=True)


def _around(boxes: list[Box]) -> Box:
    """Return the smallest box that holds all of them."""
    a, b, c = (slice(min(box[i].start for box in boxes), max(box[i].stop for box in boxes)) for i in range(3))
    return a, b, c
