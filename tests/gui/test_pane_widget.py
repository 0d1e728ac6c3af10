"""A pane whose drawing fails."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

from medview.gui.main_window import MainWindow
from medview.gui.panes.pane_widget import PaneWidget
from medview.study.geometry import FloatArray


class HalfDrawn(PaneWidget):
    """Fails when half of it is drawn."""

    def draw(self, painter: QPainter, *, patient_text: bool, bare: bool) -> None:
        painter.translate(3, 4)
        painter.fillRect(self.rect(), Qt.GlobalColor.red)
        raise ValueError("half")

    def position_mm(self, x: float, y: float) -> FloatArray | None:
        return None

    def _take_scene(self) -> None: ...


def test_a_pane_that_cannot_be_drawn_whole_is_black(window: MainWindow) -> None:
    pane = HalfDrawn(window.session, window.session.active_pane, window)
    pane.resize(200, 150)
    for _ in range(2):  # no painter is left that would keep the next from beginning
        image = QImage(pane.size(), QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        with pytest.raises(ValueError, match="half"):
            pane.render(image)
        assert all(image.pixelColor(x, y) == Qt.GlobalColor.black for x in (0, 5, 100, 199) for y in (0, 6, 149))
    pane.release()
