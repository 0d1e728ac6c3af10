"""A person who measures in the window: places by hand from the geometry of the CT, clicks, keys, and what is seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.measuring.measurement_list_view import NAME, VALUE
from medview.study.measurement import DEFAULT_COLOUR, Measurement
from tests.gui.panes import drag, hover, pixels_of

# of write_ct: middle of the grid and extent of the voxels along x, y, z, in mm
MIDDLE = np.array([-0.5, -0.5, 123.0])
EXTENT = np.array([48.0, 40.0, 48.0])
AXES = {"axial": (0, 1, 1.0), "coronal": (0, 2, -1.0), "sagittal": (1, 2, -1.0)}  # right, down, and its sign

Point = tuple[float, float, float]


class Person:
    """Measures in a window that shows the CT of `tests.gui.conftest.write_ct`."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot

    def pane(self, name: str) -> QWidget:
        return self.window.panes.panes[name]

    def at(self, name: str, point: Point) -> tuple[float, float]:
        """Return where a point of the patient lies in a pane that shows the whole image, by its size alone."""
        pane = self.pane(name)
        right, down, sign = AXES[name]
        scale = self.scale(name)
        offset = np.array(point) - MIDDLE
        return pane.width() / 2 + scale * offset[right], pane.height() / 2 + sign * scale * offset[down]

    def scale(self, name: str) -> float:
        """Return pixels for a millimetre."""
        right, down, _ = AXES[name]
        return float(min(self.pane(name).width() / EXTENT[right], self.pane(name).height() / EXTENT[down]))

    def drag(self, name: str, start: Point, end: Point) -> None:
        a, b = self.at(name, start), self.at(name, end)
        drag(self.pane(name), [a, ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), b])

    def click(self, name: str, point: Point) -> None:
        hover(self.pane(name), self.at(name, point))
        drag(self.pane(name), [self.at(name, point)])
        self.qtbot.wait(10)

    def hover(self, name: str, point: Point) -> None:
        hover(self.pane(name), self.at(name, point))

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.window.activateWindow()  # as a click on its image has done
        self.qtbot.waitUntil(self.window.isActiveWindow)
        focused = self.window.focusWidget() or self.window
        self.qtbot.keyClick(focused, key, keys)
        self.qtbot.wait(20)

    def measured(self) -> tuple[Measurement, ...]:
        scene = self.window.session.scene
        assert scene is not None
        return tuple(scene.study.measurements)

    def listed(self) -> list[tuple[str, str]]:
        """Return what the list says: name and value of each row."""
        self.qtbot.wait(30)
        return [(row.text(NAME), row.text(VALUE)) for row in self.window.measurement_panel.list.rows()]

    def texts(self, name: str) -> set[str]:
        """Return what is written beside the measurements of a pane."""
        pane = self.pane(name)
        pane.grab()
        painter = pane._measurements._painter  # type: ignore[attr-defined]
        return {line for lines in painter._lines for line in lines}

    def coloured(self, name: str, colour: tuple[int, int, int] = DEFAULT_COLOUR) -> NDArray[np.bool_]:
        """Return where a pane shows a colour, nearly."""
        pixels = pixels_of(self.pane(name)).astype(int)
        return np.abs(pixels - np.array(colour)).max(axis=2) < 40

    def is_drawn_at(self, name: str, point: Point, reach: int = 2) -> bool:
        """Whether the line of a measurement passes a point of the patient."""
        x, y = (round(n) for n in self.at(name, point))
        found = self.coloured(name)[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
        return bool(found.any())
