"""Draws the rectangle that is being drawn over a pane."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

_EDGE = QColor(0, 0, 0, 190)
_LINE = QColor(255, 214, 102)


def draw_band(painter: QPainter, band_px: tuple[float, float, float, float]) -> None:
    """Draw a rectangle from one corner to the other."""
    area = QRectF(QPointF(*band_px[:2]), QPointF(*band_px[2:])).normalized()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width, style in ((_EDGE, 3.0, Qt.PenStyle.SolidLine), (_LINE, 1.4, Qt.PenStyle.DashLine)):
        painter.setPen(QPen(colour, width, style))
        painter.drawRect(area)
