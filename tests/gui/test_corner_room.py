"""What is said of the pixels is read whole where the other corner leaves the room."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from pytestqt.qtbot import QtBot

from medview.errors import Sentence
from medview.gui.panes.pane_painter import PanePainter, corner_row
from medview.view.corner_line import CornerLine
from medview.view.corner_text import CornerText

_SAID = "Interpolated, straightened: distances aslant are not true"


def _last_column(right_lines: int) -> int:
    """Return the last column in which the third line of the left corner is painted."""
    font = QFont()
    font.setPixelSize(12)
    image = QImage(400, 300, QImage.Format.Format_RGB888)
    image.fill(QColor(0, 0, 0))
    painter = QPainter(image)
    left = (CornerLine("a", "title"), CornerLine("b"), CornerLine(Sentence(_SAID), "badge"))
    texts = CornerText(left, tuple(CornerLine("c") for _ in range(right_lines)), (), ())
    PanePainter(painter, 400, 300, font, QColor(255, 0, 0)).corners(texts)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(300, image.bytesPerLine())[:, :1200].reshape(300, 400, 3)
    third = [y for y in range(300) if corner_row(y, font) == 2]
    blue = rows[third][..., 2].astype(int) - rows[third][..., 0]
    return int(np.flatnonzero((blue > 40).any(axis=0)).max())


def test_a_badge_below_the_lines_of_the_other_corner_is_not_cut(qtbot: QtBot) -> None:
    assert _last_column(right_lines=3) < 330
    assert _last_column(right_lines=2) > 340
