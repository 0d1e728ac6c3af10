"""What a line in a pane's upper left corner means, told when the mouse rests on it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from medview.gui.language import say
from medview.gui.outlined_text import text_width
from medview.gui.panes.pane_painter import corner_row
from medview.gui.plain_tip import plain_tip
from medview.view.corner_line import CornerLine
from medview.view.corner_text import CornerText


class CornerTips(QObject):
    """Shows the tips of the lines that were drawn last in a pane."""

    def __init__(self, pane: QWidget) -> None:
        super().__init__(pane)
        self._pane = pane
        self._lines: tuple[CornerLine, ...] = ()
        pane.installEventFilter(self)

    def of(self, texts: CornerText) -> CornerText:
        """Remember what is about to be drawn, and return it."""
        self._lines = texts.top_left
        return texts

    def tip_at(self, x: float, y: float) -> str:
        """Return what the line at a point of the pane means; "" beside the lines, and where one says all itself."""
        row = corner_row(y, self._pane.font())
        line = self._lines[row] if 0 <= row < len(self._lines) else None
        if line is None or line.tip is None or x > 2 * text_width(_said(line), self._pane.font()):
            return ""
        return say(line.tip)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the tip of the line that the mouse rests on."""
        if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip:
            return False
        tip = self.tip_at(event.pos().x(), event.pos().y())
        if tip:
            QToolTip.showText(event.globalPos(), plain_tip(tip), self._pane)
        return bool(tip)


def _said(line: CornerLine) -> str:
    return line.text if isinstance(line.text, str) else say(line.text)
