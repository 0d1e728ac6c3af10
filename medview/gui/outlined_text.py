"""Text that can be read on any image: light, with a dark edge."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap

_KEPT = 300
_EDGE = [QPoint(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y]
_EDGE_COLOUR = QColor(0, 0, 0, 205)
_pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}


def draw_text(painter: QPainter, left: float, baseline: float, text: str, font: QFont, colour: QColor) -> None:
    """Draw one line; its picture is kept, since the same few lines are drawn again and again."""
    ratio = painter.device().devicePixelRatioF()
    key = (text, font.key(), colour.rgba(), ratio)
    pixmap = _pixmaps.get(key)
    if pixmap is None:
        if len(_pixmaps) >= _KEPT:
            _pixmaps.clear()
        pixmap = _pixmaps[key] = _drawn(text, font, colour, ratio)
    metrics = QFontMetrics(font)
    painter.drawPixmap(QPointF(round(left) - 2, round(baseline) - metrics.ascent() - 2), pixmap)


def text_width(text: str, font: QFont) -> int:
    """Return the width of a line in device-independent pixels."""
    return QFontMetrics(font).horizontalAdvance(text)


def _drawn(text: str, font: QFont, colour: QColor, ratio: float) -> QPixmap:
    metrics = QFontMetrics(font)
    width, height = metrics.horizontalAdvance(text) + 6, metrics.height() + 4
    pixmap = QPixmap(int(width * ratio) + 1, int(height * ratio) + 1)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setFont(font)
    at = QPoint(2, metrics.ascent() + 2)
    painter.setPen(_EDGE_COLOUR)
    for shift in _EDGE:
        painter.drawText(at + shift, text)
    painter.setPen(colour)
    painter.drawText(at, text)
    painter.end()
    return pixmap
