"""The star on a key image."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

_YELLOW = QColor(255, 205, 60)
_MARGIN = 9.0


def draw_key_image_mark(painter: QPainter, size: QRectF, font: QFont) -> None:
    """Draw a star at the right edge of a pane, above its middle: there is no text there."""
    radius = QFontMetrics(font).height() * 0.62
    draw_star(painter, size.right() - _MARGIN - radius, size.height() * 0.3, radius)


def draw_star(painter: QPainter, x: float, y: float, radius: float) -> None:
    """Draw the star about a point, on whatever ground."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0, 210), 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(_YELLOW)
    painter.drawPolygon(star(x, y, radius))


def star(x: float, y: float, radius: float) -> QPolygonF:
    """Return a five-pointed star about a point."""
    rays = [(radius if n % 2 == 0 else radius * 0.45, math.pi * (n / 5 - 0.5)) for n in range(10)]
    return QPolygonF([QPointF(x + r * math.cos(a), y + r * math.sin(a)) for r, a in rays])
