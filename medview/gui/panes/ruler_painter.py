"""Draws a ruler: a line of a round length with ticks."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from medview.view.scale_bar import ScaleBar

_LINE = QColor(232, 236, 240)
_EDGE = QColor(0, 0, 0, 170)
_LONG_PX, _SHORT_PX = 7.0, 4.0


def draw_ruler(painter: QPainter, bar: ScaleBar, left: float, top: float, *, upright: bool) -> None:
    """Draw a ruler that begins at a point of the pane and goes to the right, or downwards.

    Its ticks stand above it, or to the right of it. Filled rectangles: sharp, and ten times faster than lines.
    """
    x, y, steps = round(left), round(top), bar.steps
    parts = [QRectF(x, y, 1, round(bar.length_px) + 1) if upright else QRectF(x, y, round(bar.length_px) + 1, 1)]
    for step in range(steps + 1):
        at, length = round(bar.length_px * step / steps), _LONG_PX if step in (0, steps) else _SHORT_PX
        parts.append(QRectF(x, y + at, length, 1) if upright else QRectF(x + at, y - length + 1, 1, length))
    for part in parts:
        painter.fillRect(part.adjusted(-1, -1, 1, 1), _EDGE)
    for part in parts:
        painter.fillRect(part, _LINE)
