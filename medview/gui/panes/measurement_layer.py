"""The measurements of one 2D pane: drawn over its image, taken hold of by the mouse, named in place."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from medview.gui.panes.key_image_mark import draw_key_image_mark
from medview.gui.panes.measurement_entry import MeasurementEntry
from medview.gui.panes.measurement_painter import MeasurementPainter, draw_shape
from medview.gui.panes.pane_widget import PaneWidget
from medview.gui.panes.written_places import written_places
from medview.imaging.placed_measurement import placed_measurement
from medview.session.scene import Scene
from medview.session.session import Session
from medview.tools import measuring
from medview.tools.pointer import PointerEvent
from medview.tools.toolbox import cursor_radius_mm
from medview.view.corner_text import CornerText
from medview.view.measurement_overlay import drawn_measurements, is_key_image, pane_frame
from medview.view.slice_picture import SlicePicture
from medview.view.text_places import Box


class MeasurementLayer:
    """What a pane draws and asks of measurements; it holds nothing but where their texts lie."""

    def __init__(self, session: Session, pane: PaneWidget) -> None:
        self._session = session
        self._pane = pane
        self._painter = MeasurementPainter()
        self._picture: SlicePicture | None = None
        self._entry: MeasurementEntry | None = None
        self._shows_draft = self._was_drawn = False
        self._of: Callable[[], Scene | None] = lambda: None  # whose picture it is

    @property
    def is_pointed(self) -> bool:
        """Whether something lies under the mouse that can be dragged."""
        return bool(self._session.focus.hovered_uid) and cursor_radius_mm(self._session) is None

    def take_scene(self) -> None:
        """Let go of the scene before, where the pane shows another one: nothing of it may stay in memory."""
        scene = self._pane.scene
        if self._of() is not scene:
            self._picture, self._painter = None, MeasurementPainter()
        if self._entry is not None and not self._entry.is_about(scene):
            self._entry.give_up()
            self._entry = None

    def follow(self) -> None:
        """Paint the pane anew, while one measurement is dragged only where it is seen or was."""
        scene, picture = self._pane.scene, self._picture
        draft = scene.study.measurements.draft if scene is not None else None
        is_shown = True
        if scene is not None and draft is not None and picture is not None:
            frame = pane_frame(scene, picture)
            is_shown = placed_measurement(draft, scene.series, scene.volume.geometry, frame) is not None
        if is_shown or self._shows_draft or not self._was_drawn:
            self._pane.update()
        self._shows_draft, self._was_drawn = is_shown, draft is not None

    def draw(self, painter: QPainter, picture: SlicePicture, scene: Scene, corners: CornerText, *, bare: bool) -> None:
        """Draw the measurements that lie in the plane, and the star of a key image; `bare` points none of them out.

        Parameters
        ----------
        corners
            What is written in the corners: no text of a measurement goes there while there is room elsewhere.
        """
        self._picture, self._of = picture, weakref.ref(scene)
        font, size = self._pane.font(), QRectF(self._pane.rect())
        frame, there = pane_frame(scene, picture), scene.study.measurements
        kept_clear: tuple[Box, ...] = ()
        if len(there) or there.draft is not None:
            kept_clear = written_places(corners, picture.letters, (self._pane.width(), self._pane.height()), font)
        self._painter.draw(painter, self._session, scene, frame, font, size, kept_clear, bare=bare)
        if is_key_image(scene, picture):
            draw_key_image_mark(painter, size, font)

    def draw_in_lens(self, painter: QPainter, seen: SlicePicture, scene: Scene) -> None:
        """Draw the shapes that lie in the plane larger, at their places in the lens; their texts stay on the pane."""
        for drawn in drawn_measurements(self._session, scene, pane_frame(scene, seen)):
            draw_shape(painter, drawn)

    def completed(self, event: PointerEvent) -> PointerEvent:
        """Return an event that knows its plane, and whose text lies under the mouse."""
        scene, picture = self._pane.scene, self._picture
        if scene is None or picture is None:
            return event
        uid = self._painter.text_at(*event.position_px)
        at = self._painter.texts[uid].topLeft() if uid else None
        return replace(
            event, frame=pane_frame(scene, picture), text_uid=uid, text_px=None if at is None else (at.x(), at.y())
        )

    def hover(self, at: QPointF | None) -> None:
        """Point out what lies under the mouse, or let what is being drawn follow it."""
        event = None
        if at is not None and self._picture is not None and cursor_radius_mm(self._session) is None:
            point, size = self._picture.pane_to_mm(at.x(), at.y()), (self._pane.width(), self._pane.height())
            event = self.completed(PointerEvent(self._pane.pane, (at.x(), at.y()), point, size))
        measuring.hover(self._session, event)

    def double_press(self, event: PointerEvent) -> bool:
        """Return whether a double click was one for a measurement."""
        return cursor_radius_mm(self._session) is None and measuring.double_press(self._session, event)

    def ask(self) -> None:
        """Ask in place for what a measurement still lacks, or for another name of it; close what was asked before."""
        focus, scene = self._session.focus, self._pane.scene
        wanted = focus.asked if self._session.active_pane == self._pane.pane else None
        if wanted is not None and (scene is None or focus.asked_study is not scene.study):
            wanted = None
        if self._entry is not None and self._entry.measurement is not wanted:
            self._entry.deleteLater()
            self._entry = None
        if wanted is None or self._entry is not None or scene is None:
            return
        self._entry = MeasurementEntry(self._session, scene, wanted, self._pane)
        self._entry.place(self._place_of(scene))

    def _place_of(self, scene: Scene) -> QPointF:
        """Return where the entry goes: at the text of the measurement, else at its shape."""
        asked = self._session.focus.asked
        middle = QPointF(self._pane.width() / 2, self._pane.height() / 2)
        if asked is None or self._picture is None:
            return middle
        if asked.tracking_uid in self._painter.texts:
            return self._painter.texts[asked.tracking_uid].topLeft()
        frame = pane_frame(scene, self._picture)
        placed = placed_measurement(asked, scene.series, scene.volume.geometry, frame)
        return middle if placed is None or not len(placed.handles) else QPointF(*placed.handles.max(axis=0) + 8.0)
