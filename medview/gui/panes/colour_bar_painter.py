"""Draws which value has which colour."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from medview.gui.outlined_text import draw_text, text_width
from medview.view.colour_bar import ColourBar

_TEXT = QColor(232, 236, 240)
_GAP_PX = 5.0


def draw_colour_bar(painter: QPainter, bar: ColourBar, font: QFont) -> None:
    """Draw the bar, and its values to the left of it."""
    column = np.ascontiguousarray(bar.colours[::-1])  # the highest value at the top
    image = QImage(column.data, 1, len(column), 3, QImage.Format.Format_RGB888)
    area = QRectF(bar.left, bar.top, bar.width, bar.height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(area, image)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_TEXT, 1.0))
    painter.drawRect(area)
    painter.restore()
    metrics = QFontMetrics(font)
    heights = (bar.top + metrics.capHeight(), bar.top + (bar.height + metrics.capHeight()) / 2, bar.top + bar.height)
    for text, baseline in zip(bar.texts, heights, strict=True):
        draw_text(painter, bar.left - _GAP_PX - text_width(text, font), baseline, text, font, _TEXT)
