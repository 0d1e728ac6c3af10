"""The place of a pane by which its content is dragged: the name of its plane."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from medview.gui.dragged import pane_data
from medview.gui.language import tr
from medview.gui.panes.pane_widget import PaneWidget
from medview.tools.toolbox import FLAT_TOOLS

_WIDTH_IN_DIGITS, _MARGIN_PX = 12, 8


class PaneGrip(QWidget):
    """Lies over the name of a pane's plane; a left drag moves what the pane shows to another one.

    All else goes to the pane.
    """

    def __init__(self, pane: PaneWidget) -> None:
        super().__init__(pane)
        self._pane = pane
        self._pressed_at: QPoint | None = None
        metrics = self.fontMetrics()
        self.setGeometry(
            0, 0, _MARGIN_PX + _WIDTH_IN_DIGITS * metrics.horizontalAdvance("0"), _MARGIN_PX + metrics.height() + 2
        )
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(tr("Drag from here onto another pane to let them change places."))
        self.setMouseTracking(True)  # so that the pane hears of the mouse over it
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the pane by its name."""
        # what draws must be able to draw everywhere
        if event.button() != Qt.MouseButton.LeftButton or self._pane.session.tool not in FLAT_TOOLS:
            event.ignore()
            return
        self._pressed_at = event.position().toPoint()
        self._pane.setFocus()
        self._pane.session.choose(active_pane=self._pane.pane)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin to drag what the pane shows."""
        start = self._pressed_at
        if start is None:
            event.ignore()
            return
        far = (event.position().toPoint() - start).manhattanLength() >= QApplication.startDragDistance()
        if far and self._pane.scene is not None:
            self._pressed_at = None
            drag = QDrag(self)
            drag.setMimeData(pane_data(self._pane.pane))
            drag.exec(Qt.DropAction.MoveAction)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._pressed_at is None:
            event.ignore()
        self._pressed_at = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Leave it to the pane: it fills the window."""
        event.ignore()
