"""Every tool of measuring by mouse, and its numbers read in the pane itself; what is worked out beside it by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.panes.measurement_entry import MeasurementEntry
from medview.session.open_folder import open_folder
from tests.gui.conftest import WAIT_MS
from tests.gui.measured import Person
from tests.gui.panes import double_click
from tests.gui.seen import reads

Z = 124.0
K = Qt.Key


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot, ct_folder: Path, settle: Callable[[], None]) -> Person:
    """Return a person before a CT in a window that leaves it dark: letters are read on a dark ground."""
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    found = Person(window, qtbot)
    found.key(K.Key_3, Qt.KeyboardModifier.ControlModifier)
    window.session.scene.update(crosshair_visible=False, window=(3000.0, 100.0))
    window.session.choose(active_pane="axial")
    qtbot.wait(30)
    return found


def test_numbers_stand_beside_what_was_drawn(person: Person) -> None:
    """F116 to F119, F121: length, angle, Cobb, bidirectional, ellipse, rectangle, polygon, arrow and probe."""
    actions, pane = person.window.commands.actions, person.pane("axial")

    def afresh(command: str) -> None:
        person.key(K.Key_Escape)
        while person.measured():
            person.key(K.Key_Z, Qt.KeyboardModifier.ControlModifier)
        person.qtbot.wait(20)
        assert actions[command].isEnabled()
        actions[command].trigger()

    actions["measure_length"].trigger()
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    assert reads(pane, "25.0 mm")
    afresh("measure_angle")
    person.drag("axial", (-10, 0, Z), (0, 0, Z))
    person.click("axial", (6, -6, Z))
    assert reads(pane, "135.0°")
    afresh("measure_cobb")
    person.drag("axial", (-12, -10, Z), (12, -10, Z))
    person.drag("axial", (-12, 0, Z), (12, 24 * np.tan(np.deg2rad(30)), Z))
    assert reads(pane, "30.0°")
    afresh("measure_bidirectional")
    person.drag("axial", (-12, 0, Z), (12, 0, Z))
    assert reads(pane, "24.0 × 12.0 mm")
    afresh("measure_rectangle")
    person.drag("axial", (-6.5, -7.5, Z), (3.5, 0.5, Z))  # rows 13 to 20 and columns 18 to 27: bone up to (16, 20)
    values = np.full((40, 48), -1000.0)
    values[10:30, 12:36] = 40
    values[12:17, 15:21] = 700
    inside = values[13:21, 18:28]
    assert reads(pane, "80.0 mm²")
    assert reads(pane, f"{inside.mean():.0f} ± {inside.std():.0f} HU")
    assert reads(pane, "min 40  max 700")
    afresh("measure_polygon")
    for corner in ((-10, -10), (10, -10), (10, 5), (-10, 5)):
        person.click("axial", (*corner, Z))
    person.key(K.Key_Return)
    assert reads(pane, "300.0 mm²")
    afresh("measure_probe")
    person.click("axial", (-6, -6, Z))
    assert reads(pane, "700 HU")
    afresh("measure_arrow")
    person.drag("axial", (-12, 10, Z), (0, 0, Z))
    assert person.is_drawn_at("axial", (-6, 5, Z))
    person.key(K.Key_Escape)
    double_click(pane, person.at("axial", (-6, 5, Z)))
    entry = pane.findChild(MeasurementEntry)
    assert entry is not None
    person.qtbot.keyClicks(entry, "Node")
    person.qtbot.keyClick(entry, K.Key_Return)
    assert reads(pane, "Node")
