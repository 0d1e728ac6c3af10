"""The study list: what is clicked is what is shown, whatever identifiers the files carry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from medview.gui.card_delegate import sign_place
from medview.gui.main_window import MainWindow
from medview.gui.one_line import one_line
from medview.gui.study_card import CardRole
from medview.session.open_folder import open_folder
from tests.files.make_dicom import write_stack

Settle = Callable[[], None]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def two_patients(window: MainWindow, settle: Settle, tmp_path: Path) -> MainWindow:
    """Return the window with two patients whose images carry the same identifiers, the second one on the screen."""
    open_folder(window.session, write_stack(tmp_path / "one"))
    settle()
    other = {"PatientName": "Other^Patient", "PatientID": "T2", "PhotometricInterpretation": "MONOCHROME1"}
    open_folder(window.session, write_stack(tmp_path / "two", **other))
    settle()
    assert [len(study.series) for study in window.session.studies] == [1, 1]
    return window


def item(window: MainWindow, study: int, series: int | None = None) -> QTreeWidgetItem:
    """Return an item of the list."""
    top = window.study_panel.tree.topLevelItem(study)
    return top if series is None else top.child(series)


def picture(window: MainWindow, study: int) -> np.ndarray:
    """Return the pixels of the picture of a study's first series."""
    image = item(window, study, 0).data(0, CardRole.THUMBNAIL).toImage()
    return np.array([[image.pixelColor(x, y).value() for x in range(0, 96, 8)] for y in range(0, 96, 8)])


def test_series_with_the_same_identifiers_have_their_own_pictures(two_patients: MainWindow) -> None:
    assert not np.array_equal(picture(two_patients, 0), picture(two_patients, 1))


def test_one_series_is_marked_as_shown(two_patients: MainWindow) -> None:
    shown = [item(two_patients, n, 0).data(0, CardRole.CARD).shown for n in range(2)]
    on_screen = [two_patients.session.scene.study is study for study in two_patients.session.studies]
    assert shown == on_screen
    assert sum(shown) == 1


def test_a_double_click_shows_the_images_of_that_patient(two_patients: MainWindow, settle: Settle) -> None:
    for number in (0, 1, 0):
        two_patients.study_panel.tree.itemDoubleClicked.emit(item(two_patients, number, 0), 0)
        settle()
        assert two_patients.session.scene.study is two_patients.session.studies[number]


def test_the_cross_closes_the_study_it_belongs_to(two_patients: MainWindow, qtbot: QtBot) -> None:
    first, _second = two_patients.session.studies
    tree = two_patients.study_panel.tree
    of = item(two_patients, 1)
    place = sign_place(tree.visualItemRect(of), of.data(0, CardRole.CARD)).center()
    qtbot.mouseClick(tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
    assert two_patients.session.studies == (first,)


def test_the_series_on_the_screen_is_in_sight(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    for number in range(20):
        uid = f"1.2.3.{number}"
        write_stack(tmp_path / uid, 3 + number, SeriesInstanceUID=uid, SeriesNumber=number)
    open_folder(window.session, tmp_path)
    settle()
    tree = window.study_panel.tree
    (study,) = window.session.studies
    place = [series.key for series in study.series].index(window.session.scene.series.key)
    assert place == 19
    assert tree.viewport().rect().contains(tree.visualItemRect(item(window, 0, place)).center())


def test_a_text_of_a_file_cannot_break_its_line() -> None:
    assert one_line("CT\r\nERROR \u202etxt.exe\x07  head") == "CT ERROR txt.exe head"


@pytest.mark.parametrize(
    ("broken", "told"), [(False, "1 series with remarks"), (True, "1 series with remarks · files left out: 1")]
)
def test_remarks_are_counted_without_noughts(
    window: MainWindow, settle: Settle, tmp_path: Path, broken: bool, told: str
) -> None:
    folder = write_stack(tmp_path / "one", SeriesInstanceUID="")
    if broken:
        (folder / "broken").write_bytes((folder / "003").read_bytes()[:700])
    open_folder(window.session, folder)
    settle()
    assert window.study_panel.warnings.text() == told
