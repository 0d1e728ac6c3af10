"""A translucent rectangle of whole pixels, drawn at once."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter


def draw_solid_area(painter: QPainter, area: QRect, colour: QColor) -> None:
    """Fill a narrow rectangle, the height or width of a pane, with a colour.

    Filled by Qt, the rows of a translucent one are shared out among threads for which it waits: on a busy machine
    longer than for everything else in the pane. A picture of one colour is blended where it stands.
    """
    if not area.isEmpty():
        painter.drawImage(area.topLeft(), _picture(area.width(), area.height(), colour.rgba()))


@lru_cache(maxsize=32)
def _picture(width: int, height: int, rgba: int) -> QImage:
    picture = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(QColor.fromRgba(rgba))
    return picture
