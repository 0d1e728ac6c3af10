"""What lies under the mouse in a pane, told when it rests there: a line of the upper left corner, or a finding."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from medview.gui.language import say
from medview.gui.outlined_text import text_width
from medview.gui.panes.box_painter import box_tip
from medview.gui.panes.pane_painter import corner_row
from medview.gui.plain_tip import plain_tip
from medview.study.finding import Finding
from medview.view.corner_line import CornerLine
from medview.view.corner_text import CornerText


class CornerTips(QObject):
    """Shows the tips of the lines that were drawn last in a pane, and of the findings.

    Parameters
    ----------
    finding_at
        Returns the finding that is drawn at a point of the pane.
    """

    def __init__(self, pane: QWidget, finding_at: Callable[[QPointF], Finding | None]) -> None:
        super().__init__(pane)
        self._pane = pane
        self._finding_at = finding_at
        self._lines: tuple[CornerLine, ...] = ()
        pane.installEventFilter(self)

    def of(self, texts: CornerText) -> CornerText:
        """Remember what is about to be drawn, and return it."""
        self._lines = texts.top_left
        return texts

    def tip_at(self, x: float, y: float) -> str:
        """Return what the line at a point of the pane means, else the finding there; "" where there is neither."""
        row = corner_row(y, self._pane.font())
        line = self._lines[row] if 0 <= row < len(self._lines) else None
        if line is not None and line.tip is not None and x <= 2 * text_width(_said(line), self._pane.font()):
            return say(line.tip)
        finding = self._finding_at(QPointF(x, y))
        return box_tip(finding) if finding is not None else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the tip of what the mouse rests on."""
        if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip:
            return False
        tip = self.tip_at(event.pos().x(), event.pos().y())
        if tip:
            QToolTip.showText(event.globalPos(), plain_tip(tip), self._pane)
        return bool(tip)


def _said(line: CornerLine) -> str:
    return line.text if isinstance(line.text, str) else say(line.text)
