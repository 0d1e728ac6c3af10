"""Series and panes that are dropped on the panes of a window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from medview.errors import Sentence
from medview.gui.dragged import dragged_pane, dragged_series
from medview.gui.language import say
from medview.gui.panes.pane_widget import PaneWidget
from medview.session.choose_layout import swap_panes
from medview.session.session import Session
from medview.session.show_series import show_series

_SHOW = Sentence("Show here")
_SWAP = Sentence("Change places")
_FRAME = QColor(94, 176, 255)


class PaneDrops(QObject):
    """Takes what is dropped on panes, and shows beforehand where it would go.

    Files are left to the window.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._frame = _DropFrame(parent)

    def watch(self, pane: PaneWidget) -> None:
        """Let a pane take drops."""
        pane.setAcceptDrops(True)
        pane.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer to drags over a pane."""
        if not isinstance(watched, PaneWidget):
            return False
        if isinstance(event, QDropEvent) and not isinstance(event, QDragMoveEvent):
            return self._dropped(watched, event)
        if isinstance(event, QDragEnterEvent | QDragMoveEvent):
            return self._over(watched, event)
        if event.type() == QEvent.Type.DragLeave:
            self._frame.hide()
        return False

    def _over(self, pane: PaneWidget, event: QDragMoveEvent) -> bool:
        title = self._what(pane, event)
        if title is None:
            return False
        event.acceptProposedAction()
        self._frame.show_over(pane.geometry(), say(title))
        return True

    def _what(self, pane: PaneWidget, event: QDropEvent) -> Sentence | None:
        """Return what a drop would do; None where it would do nothing."""
        if dragged_series(self._session, event.mimeData()) is not None:
            return _SHOW
        source = dragged_pane(self._session, event.mimeData())
        return _SWAP if source is not None and source != pane.pane else None

    def _dropped(self, pane: PaneWidget, event: QDropEvent) -> bool:
        self._frame.hide()
        found, source = (
            dragged_series(self._session, event.mimeData()), dragged_pane(self._session, event.mimeData())
        )  # fmt: skip
        if found is not None:
            event.acceptProposedAction()
            self._session.choose(active_pane=pane.pane)
            show_series(self._session, *found, self._session.viewports[pane.pane].slot)
        elif source is not None and source != pane.pane:
            event.acceptProposedAction()
            swap_panes(self._session, source, pane.pane)
        return found is not None or source is not None


class _DropFrame(QWidget):
    """The frame over the pane that a drop would go to, with what it would do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._text = ""
        self.hide()

    def show_over(self, place: QRect, text: str) -> None:
        """Lie over a pane."""
        self._text = text
        self.setGeometry(place)
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame and the words."""
        painter = QPainter(self)
        inside = QColor(_FRAME)
        inside.setAlpha(46)
        painter.fillRect(self.rect(), inside)
        painter.setPen(QPen(_FRAME, 4.0))
        painter.drawRect(self.rect().adjusted(2, 2, -2, -2))
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        words = painter.fontMetrics().boundingRect(self._text).adjusted(-12, -7, 12, 7)
        words.moveCenter(QPoint(self.width() // 2, self.height() // 3))  # an empty pane has a hint in its middle
        painter.fillRect(words, QColor(12, 18, 26, 220))
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()
