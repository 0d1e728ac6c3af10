"""A colour as an icon in a list."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

_SIZE_PX = 16


def swatch(colour: tuple[int, int, int]) -> QIcon:
    """Return a square of a colour (sRGB, 0 to 255), the same whether its row is selected or not."""
    made = QIcon()
    for ratio in (1, 2):
        pixmap = QPixmap(_SIZE_PX * ratio, _SIZE_PX * ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*colour))
        painter.drawRoundedRect(QRectF(1, 1, _SIZE_PX * ratio - 2, _SIZE_PX * ratio - 2), 3 * ratio, 3 * ratio)
        painter.end()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Disabled):
            made.addPixmap(pixmap, mode)
    return made
