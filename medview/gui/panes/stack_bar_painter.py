"""Draws where in the stack a pane is."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from medview.gui.panes.solid_area import draw_solid_area
from medview.view.stack_bar import StackBar

_GROUND = QColor(120, 132, 146, 70)
_UNREAD = QColor(66, 92, 138, 150)  # as the hatching of images that are not there
_THUMB = QColor(226, 232, 238, 215)
_EDGE = QColor(0, 0, 0, 150)


def draw_stack_bar(painter: QPainter, bar: StackBar) -> None:
    """Draw the bar, its images that are not there yet, and what is seen."""
    left, width = bar.left + 1.0, bar.width - 2.0
    draw_solid_area(painter, QRectF(left, bar.top, width, bar.height).toRect(), _GROUND)
    for top, height in bar.unread:
        draw_solid_area(painter, QRectF(left, top, width, height).toRect(), _UNREAD)
    thumb = QRectF(left, bar.thumb[0], width, bar.thumb[1]).toRect()
    draw_solid_area(painter, thumb.adjusted(-1, -1, 1, 1), _EDGE)
    draw_solid_area(painter, thumb, _THUMB)
