"""Measuring where two studies are shown beside each other: each keeps its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.session.show_series import show_series
from tests.gui.conftest import write_ct
from tests.gui.measured import Person
from tests.gui.panes import drag


def test_a_measurement_belongs_to_the_study_it_was_drawn_on(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> None:
    session = window.session
    for name in ("now", "before"):
        open_folder(session, write_ct(tmp_path / name, patient=f"{name}^X"))
        settle()
    session.set_layout(shipped_layout("1x2"))
    for slot, study in enumerate(session.studies):
        show_series(session, study, study.series[0], slot)
        settle()
    first, second = (cell.name for cell in session.layout.cells)
    person = Person(window, qtbot)
    window.commands.actions["measure_length"].trigger()
    pane = window.panes.panes[second]
    scale = min(pane.width() / 48, pane.height() / 40)
    x, y = pane.width() / 2, pane.height() / 2
    drag(pane, [(x, y), (x + 6 * scale, y), (x + 12 * scale, y + 5 * scale)])
    person.key(Qt.Key.Key_Escape)
    qtbot.wait(30)
    one, other = (session.scene_in(name).study for name in (first, second))
    assert one is not other
    assert (len(one.measurements), len(other.measurements)) == (0, 1)
    assert person.texts(second) == {"13.0 mm"}
    assert person.texts(first) == set()
    assert person.listed() == [("Length", "13.0 mm")]  # the list is that of the active pane's study
    session.choose(active_pane=first)
    assert person.listed() == []
    session.focus.select(next(iter(other.measurements)).tracking_uid)
    person.key(Qt.Key.Key_Delete)  # what is selected lies in the other study: nothing happens
    assert len(other.measurements) == 1
