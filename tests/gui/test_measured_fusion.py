"""What a region drawn on a CT tells of the PET that is laid over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.session.show_series import show_series
from tests.files.make_pet_ct import LESION_MM, write_pet_ct
from tests.gui.measured import Person
from tests.gui.panes import drag


def test_a_region_on_the_ct_tells_the_suv_of_the_pet_over_it(
    window: MainWindow, settle: Callable[[], None], tmp_path: Path, qtbot: QtBot
) -> None:
    session, person = window.session, Person(window, qtbot)
    open_folder(session, write_pet_ct(tmp_path / "pet_ct"))
    settle()
    session.set_layout(shipped_layout("mpr"))
    study = session.studies[0]
    show_series(session, study, next(s for s in study.series if s.modality == "CT"), session.active_slot)
    settle()
    scene = session.scene
    assert scene is not None
    scene.update(fusion=None, crosshair_visible=False)
    scene.move_cursor(LESION_MM)
    session.choose(active_pane="axial")
    pane = person.pane("axial")
    picture = pane.picture()
    corners = [picture.mm_to_pane(LESION_MM + np.array([x, y, 0.0])) for x, y in ((-4.5, -4.5), (4.5, 4.5))]
    window.commands.actions["measure_rectangle"].trigger()
    drag(pane, [corners[0], ((corners[0][0] + corners[1][0]) / 2, corners[1][1]), corners[1]])
    qtbot.wait(50)
    alone = person.texts("axial")
    assert any(text.startswith("55") and text.endswith("HU") for text in alone)
    assert not any("SUV" in text for text in alone)
    QTest.keyClick(pane, Qt.Key.Key_F)
    settle()
    assert scene.fusion is not None
    qtbot.wait(50)
    (told,) = (text for text in person.texts("axial") if "SUV" in text)
    assert told.startswith("PET 8.00 ± 0.0")  # the lesion reaches 9 mm from its middle, the region 6.4 mm
    assert told.endswith("max 8.00")
    QTest.keyClick(pane, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    settle()
    qtbot.wait(50)
    assert person.texts("axial") == alone
