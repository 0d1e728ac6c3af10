"""The corners of a pane: what must be read whole."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QImage, QPainter
from pytestqt.qtbot import QtBot

from medview.gui.outlined_text import text_width
from medview.gui.panes.pane_painter import PanePainter
from medview.view.corner_line import CornerLine
from medview.view.corner_text import CornerText
from medview.view.scale_bar import ScaleBar

PLACE = "R 144.7 A 195.9 H 232.0 mm"


def test_the_place_under_the_mouse_is_read_whole_above_the_ruler_of_a_narrow_pane(qtbot: QtBot) -> None:
    font = QFont()
    width, height = 2 * text_width(PLACE, font) + 60, 340
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(0, 0, 0))
    painter = QPainter(image)
    pane = PanePainter(painter, width, height, font, QColor(255, 0, 0))
    pane.rulers(ScaleBar(50.0, 110.0))
    left = tuple(CornerLine(text) for text in (PLACE, "-1 HU", "Slice 20/30", "Zoom 71 %", "W 400  L 40"))
    pane.corners(CornerText((), (), left, tuple(CornerLine(text) for text in ("1", "2", "3", "4"))))
    painter.end()
    end = 8 + text_width(PLACE, font)
    lit = [x for x in range(width) for y in range(height // 2, height - 66) if image.pixelColor(x, y).value() > 150]
    assert end - 4 <= max(lit) <= end
