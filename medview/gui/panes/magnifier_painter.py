"""Draws the magnifier: a larger picture in a round lens."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen

from medview.gui.outlined_text import draw_text, text_width
from medview.view.magnifier import Lens

_RIM = ((QColor(0, 0, 0, 200), 4.0), (QColor(235, 240, 245), 1.6))
_TEXT = QColor(235, 240, 245)
_CROSS_PX = 6.0
_GAP_PX = 3.0


def draw_magnifier(painter: QPainter, lens: Lens, draw_picture: Callable[[], None], text: str, font: QFont) -> None:
    """Draw the lens over a pane.

    Parameters
    ----------
    draw_picture
        Draws what is seen in the lens, in coordinates of the pane.
    text
        The value below the middle, "" for none.
    """
    circle = QRectF(lens.x - lens.radius, lens.y - lens.radius, 2 * lens.radius, 2 * lens.radius)
    path = QPainterPath()
    path.addEllipse(circle)
    painter.save()
    painter.setClipPath(path)
    painter.fillRect(circle, Qt.GlobalColor.black)
    draw_picture()
    painter.restore()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in _RIM:
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(circle)
        _draw_cross(painter, QPointF(lens.x, lens.y))
    painter.restore()
    shown = f"{lens.zoom:g}×  {text}" if text else f"{lens.zoom:g}×"
    baseline = lens.y + lens.radius - 2 * QFontMetrics(font).descent() - 6
    draw_text(painter, lens.x - text_width(shown, font) / 2, baseline, shown, font, _TEXT)


def _draw_cross(painter: QPainter, at: QPointF) -> None:
    """Draw a small cross that leaves the pixel in its middle free."""
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        way = QPointF(x, y)
        painter.drawLine(at + way * _GAP_PX, at + way * _CROSS_PX)
