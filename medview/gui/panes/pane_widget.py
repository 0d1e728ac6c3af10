"""What the 2D and the 3D panes have in common: the mouse, the frame, the link to the session."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from medview.gui.links import Links
from medview.session.finding_view import finding_view
from medview.session.jump_to_finding import jump_to_finding
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.finding import Finding
from medview.study.geometry import FloatArray
from medview.tools import toolbox
from medview.tools.pointer import Button, PointerEvent

_BUTTONS: dict[Qt.MouseButton, Button] = {
    Qt.MouseButton.LeftButton: "left",
    Qt.MouseButton.MiddleButton: "middle",
    Qt.MouseButton.RightButton: "right",
}
_CLICK_PX = 3.0


class PaneWidget(QWidget):
    """One pane of the layout. Shows state of the session and hands the mouse to the tools.

    Signals: `context_menu_requested(pane, global point)` after a right click without a drag; `pointer_moved(pane, mm)`
    with the LPS point under the mouse, None where there is none.
    """

    context_menu_requested = Signal(str, QPoint)
    pointer_moved = Signal(str, object)

    def __init__(self, session: Session, pane: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.pane = pane
        self.viewport = session.viewports[pane]
        self._scene: Scene | None = None
        self._lasting = Links()
        self._passing = Links()
        self._button: Button = "none"
        self._pressed_at: QPointF | None = None
        self._clicked_at: QPointF | None = None  # a left press that is no drag yet
        self._wheel_rest = 0.0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 100)
        for signal, slot in (
            (session.scene_changed, self._on_scene),
            (session.display_changed, self._repaint),
            (session.display_changed, self._show_tool),
            (session.settings.changed, self._on_settings),
            (self.viewport.changed, self._repaint),
        ):
            self._lasting.connect(signal, slot)
        # the signals must not reach a widget that Qt has destroyed
        self.destroyed.connect(self._lasting.end)
        self.destroyed.connect(self._passing.end)

    def sizeHint(self) -> QSize:
        """Ask for the same size in every pane, so that the layout divides equally."""
        return QSize(480, 400)

    def release(self) -> None:
        """Let go of the session: the window is closing."""
        self._lasting.end()
        self._passing.end()

    @property
    def scene(self) -> Scene | None:
        """What the pane shows."""
        return self._scene

    def grab_pixels(self, *, hide_patient_text: bool = False) -> NDArray[np.uint8]:
        """Return what the pane shows, (height, width, 4) RGBA in device pixels, without mouse and highlight.

        Parameters
        ----------
        hide_patient_text
            Leave out what names the patient and the examination.
        """
        ratio = self.devicePixelRatioF()
        image = QImage(round(self.width() * ratio), round(self.height() * ratio), QImage.Format.Format_RGBA8888)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        self.draw(painter, patient_text=self._patient_text() and not hide_patient_text, bare=True)
        painter.end()
        rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()

    def draw(self, painter: QPainter, *, patient_text: bool, bare: bool) -> None:
        """Draw the pane; `bare` leaves out mouse and highlight."""
        raise NotImplementedError

    def position_mm(self, x: float, y: float) -> FloatArray | None:
        """Return the LPS point under a point of the pane, or None where there is none."""
        raise NotImplementedError

    def _patient_text(self) -> bool:
        return bool(self.session.settings["patient_text_visible"])

    def _on_scene(self) -> None:
        """Take another scene where there is one; the session also tells when another pane is chosen."""
        scene = self.session.scene_in(self.pane)
        if scene is not self._scene:
            self._scene = scene
            self._take_scene()
        self.update()

    def _take_scene(self) -> None:
        """Follow the scene of now and let go of the one before."""
        raise NotImplementedError

    def _repaint(self) -> None:
        self.update()

    def _on_settings(self, name: str) -> None:
        self.update()

    # Qt's events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pane; one that cannot be drawn whole is black: half a picture may lack its letters or its mask."""
        painter = QPainter(self)
        try:
            painter.fillRect(event.rect(), Qt.GlobalColor.black)
            self.draw(painter, patient_text=self._patient_text(), bare=False)
        except Exception:
            painter.end()  # Qt does not survive a painter that is still at work after the event
            painter = QPainter(self)
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            raise
        finally:
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture to the new size."""
        super().resizeEvent(event)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag with the tool of the button; a second button during a drag is ignored."""
        button = _BUTTONS.get(event.button())
        if button is None or self._button != "none":
            return
        self._button = button
        self._pressed_at = event.position()
        self._clicked_at = event.position() if button == "left" else None
        toolbox.press(self.session, self._pointer(event.position(), event, button))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse: the drag's tool, or the value under the pointer."""
        if self._clicked_at is not None and _is_far(event.position(), self._clicked_at):
            self._clicked_at = None
        if self._button != "none" and not self._is_click(event.position()):
            self._pressed_at = None
            toolbox.move(self.session, self._pointer(event.position(), event, self._button))
        self._hover(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag; a right click that was none asks for the menu."""
        if _BUTTONS.get(event.button()) != self._button:
            return
        is_click = self._button == "right" and self._is_click(event.position())
        at = self._pressed_at if is_click and self._pressed_at is not None else event.position()
        toolbox.release(self.session, self._pointer(at, event, self._button))
        self._button = "none"
        self._pressed_at = None
        clicked, self._clicked_at = self._clicked_at, None
        if clicked is not None:
            self._select_at(clicked)
        if is_click:
            self.context_menu_requested.emit(self.pane, event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Let the pane fill the window, or show all four again; while painting it is just another dab."""
        if event.button() == Qt.MouseButton.LeftButton and self._takes_double_click(event):
            return
        if event.button() != Qt.MouseButton.LeftButton or toolbox.wants_exact_place(self.session):
            self.mousePressEvent(event)
            return
        self.session.choose(active_pane=self.pane)
        if len(self.session.visible_cells) > 1 or self.session.maximised is not None:
            self.session.maximise(None if self.session.maximised == self.pane else self.pane)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Hand on whole notches; fine wheels and touch pads are added up until they make one."""
        delta = event.angleDelta()
        # some platforms turn the wheel sideways while Shift is down
        self._wheel_rest += (delta.y() or delta.x()) / 120.0
        steps = float(int(self._wheel_rest))
        if steps:
            self._wheel_rest -= steps
            toolbox.wheel(self.session, self._pointer(event.position(), event, "none", steps))
            self._hover(event.position())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        super().leaveEvent(event)
        self._hover(None)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the tool's pointer."""
        super().enterEvent(event)
        self._show_tool()

    def _show_tool(self) -> None:
        """Show by the pointer whether the tool needs an exact place; in 3D every tool turns the camera."""
        exact = self.viewport.is_flat and (toolbox.wants_exact_place(self.session) or self.session.tool == "crosshair")
        self.setCursor(Qt.CursorShape.CrossCursor if exact else Qt.CursorShape.ArrowCursor)

    def _hover(self, at: QPointF | None) -> None:
        """Tell where the mouse is; a lens that is held follows it."""
        if at is not None and self.viewport.is_flat:
            toolbox.hover(self.session, self.pane, (at.x(), at.y()))
        self.pointer_moved.emit(self.pane, None if at is None else self.position_mm(at.x(), at.y()))

    def _finding_at(self, at: QPointF) -> Finding | None:
        """Return the finding that is drawn at a point of the pane."""
        return None

    def _select_at(self, at: QPointF) -> None:
        """Choose the finding under a click, with any tool that only looks."""
        finding = self._taken_finding(at)
        if finding is not None and self._scene is not None:
            finding_view(self._scene.study).select(finding.uid)

    def _taken_finding(self, at: QPointF) -> Finding | None:
        return self._finding_at(at) if toolbox.only_looks(self.session) else None

    def _takes_double_click(self, event: QMouseEvent) -> bool:
        """Do what a double click means where the mouse is, on a finding to centre it; False where it means nothing."""
        finding, scene = self._taken_finding(event.position()), self._scene
        if finding is None or scene is None:
            return False
        finding_view(scene.study).select(finding.uid)
        jump_to_finding(self.session, scene.study, finding)
        return True

    def _is_click(self, at: QPointF) -> bool:
        """Whether a right press has not yet become a drag."""
        if self._button != "right" or self._pressed_at is None:
            return False
        return (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance()

    def _pointer(self, at: QPointF, event: Any, button: Button, steps: float = 0.0) -> PointerEvent:
        keys = event.modifiers()
        here, right, down = (self.position_mm(at.x() + x, at.y() + y) for x, y in ((0, 0), (1, 0), (0, 1)))
        return PointerEvent(
            self.pane,
            (at.x(), at.y()),
            here,
            (self.width(), self.height()),
            button,
            bool(keys & Qt.KeyboardModifier.ShiftModifier),
            bool(keys & Qt.KeyboardModifier.ControlModifier),
            steps,
            None if here is None or right is None or down is None else (right - here, down - here),
        )


def _is_far(one: QPointF, other: QPointF) -> bool:
    """Whether the mouse has moved so far that a press is a drag."""
    return (one - other).manhattanLength() > _CLICK_PX
