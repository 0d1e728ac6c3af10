"""Draws where the slices of other panes cut the one shown, and the point that was pointed out."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from medview.gui.outlined_text import draw_text, text_width
from medview.gui.panes.pane_painter import PANE_COLOURS
from medview.view.reference_lines import ReferenceLine

_MARK = QColor(255, 255, 255)
_ARM_PX = (5.0, 16.0)  # of the cross that marks a point: from the middle, which stays free
_LOOKS = {"now": (1.6, 1.0), "end": (1.0, 0.85), "other": (1.0, 0.35)}  # width in pixels, opacity


def draw_reference_lines(painter: QPainter, lines: tuple[ReferenceLine, ...], font: QFont) -> None:
    """Draw the lines, that of the slice shown whole and the others dashed; first and last with their numbers."""
    for line in lines:
        width, opacity = _LOOKS[line.which]
        x0, y0, x1, y1 = line.ends
        colour = QColor(PANE_COLOURS[line.plane])
        for shade, extra in ((QColor(0, 0, 0), 1.6), (colour, 0.0)):
            if extra and line.which == "other":
                continue
            shade.setAlphaF(opacity * (0.5 if extra else 1.0))
            pen = QPen(shade, width + extra)
            if line.which != "now" and not extra:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawLine(QLineF(x0, y0, x1, y1))
        if line.which == "end":
            _number(painter, line, font, colour)


def draw_mark(painter: QPainter, at: tuple[float, float]) -> None:
    """Draw a cross that leaves what it marks free."""
    x, y = at
    near, far = _ARM_PX
    for shade, width in ((QColor(0, 0, 0, 170), 4.0), (_MARK, 1.6)):
        painter.setPen(QPen(shade, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for right, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            start, end = QPointF(x + right * near, y + down * near), QPointF(x + right * far, y + down * far)
            painter.drawLine(start, end)


def _number(painter: QPainter, line: ReferenceLine, font: QFont, colour: QColor) -> None:
    """Write the number of a slice at the end of its line that lies more to the left, or higher."""
    x0, y0, x1, y1 = line.ends
    x, y = min(((x0, y0), (x1, y1)))
    text = str(line.number)
    draw_text(painter, x + 4, y - 4 if y > 24 else y + 14, text, font, colour) if text_width(text, font) else None
