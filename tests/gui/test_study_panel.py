"""The study list: what is clicked is what is shown, whatever identifiers the files carry."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.one_line import one_line
from medview.gui.studies.card_delegate import sign_place
from medview.gui.studies.study_card import CardRole
from medview.gui.studies.warning_list import WarningList
from medview.session.open_folder import open_folder
from medview.session.regularise import regularise
from medview.session.show_series import show_series
from medview.study.study_object import StudyObject
from tests.files.make_dicom import image, mr_image, write, write_stack

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


def test_a_menu_that_stays_open_while_the_list_is_made_anew_shows_what_it_was_opened_on(
    two_patients: MainWindow, settle: Settle
) -> None:
    panel = two_patients.study_panel
    panel.tree.customContextMenuRequested.emit(panel.tree.visualItemRect(item(two_patients, 0, 0)).center())
    (menu,) = panel.findChildren(QMenu)
    panel.refresh()
    next(action for action in menu.actions() if action.text() == "Show series").trigger()
    settle()
    assert two_patients.session.scene.study is two_patients.session.studies[0]
    menu.close()


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


def tilted(index: int, **changes: object) -> Dataset:
    """Return a slice of a stack that is tilted by 20 degrees."""
    return image(index, ImagePositionPatient=[-10.0, -20.0 + 2.5 * index * math.tan(math.radians(20)), 2.5 * index])


def test_a_card_has_no_empty_line_and_no_date_that_is_none(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    facts = {"SeriesNumber": None, "PatientBirthDate": "1950", "StudyDate": "1999.01.31"}
    open_folder(window.session, write_stack(tmp_path / "one", **facts))
    settle()
    assert item(window, 0, 0).data(0, CardRole.CARD).lines == ("CT · 5 images · 8 × 6",)
    assert item(window, 0).data(0, CardRole.CARD).lines == ("T1", "1999-01-31")


def test_a_tilted_series_wears_a_badge_that_is_explained(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    open_folder(window.session, write_stack(tmp_path / "tilted", make=tilted))
    open_folder(window.session, write_stack(tmp_path / "even", StudyInstanceUID="2.25.5", SeriesInstanceUID="2.25.6"))
    settle()
    cards = [item(window, n, 0).data(0, CardRole.CARD) for n in range(2)]
    assert (cards[0].badge, cards[0].badge_is_alarming) == ("tilted by 20.0 degrees", True)
    assert (cards[1].badge, cards[1].badge_is_alarming) == ("even, 2.50 mm", False)
    assert "stacked at a slant of 20.0 degrees" in item(window, 0, 0).toolTip(0)
    assert "other planes, distances, volumes and models hold" in item(window, 1, 0).toolTip(0)


def test_a_radiograph_wears_its_unit_and_no_warning_for_what_no_radiograph_has(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    facts = {"Modality": "CR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1", "ImagerPixelSpacing": [0.1, 0.1]}
    nowhere = dict.fromkeys(("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "RescaleType"))
    open_folder(window.session, write_stack(tmp_path, 1, **facts, **nowhere))
    settle()
    card = item(window, 0, 0).data(0, CardRole.CARD)
    assert (card.badge, card.badge_is_alarming, card.sign) == ("lengths in mm Proj", False, "")
    assert "what lies in the patient is smaller" in item(window, 0, 0).toolTip(0)


def test_a_resampled_stack_has_a_picture_and_as_many_images_as_slices(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    open_folder(window.session, write_stack(tmp_path / "tilted", make=tilted))
    settle()
    (study,) = window.session.studies
    regularise(window.session, study, study.series[0])
    settle()
    settle()
    assert study.series[1].geometry is not None
    count = study.series[1].geometry.shape[0]
    assert item(window, 0, 1).data(0, CardRole.CARD).lines[0].startswith(f"CT · {count} images")
    assert item(window, 0, 1).data(0, CardRole.THUMBNAIL) is not None


def test_a_4d_series_is_one_row_that_opens_at_its_place(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    for time in range(3):
        for number in range(4):
            facts = {
                "TemporalPositionIdentifier": time + 1,
                "AcquisitionTime": f"10110{time}",
                "PatientBirthDate": "long ago",
            }
            dataset = mr_image(number, SOPInstanceUID=f"2.25.9{time}{number}", **facts)
            write(dataset, tmp_path / f"{time}{number}")
    open_folder(window.session, tmp_path)
    settle()
    (study,) = window.session.studies
    assert len(study.series) == 3
    assert window.study_panel.tree.topLevelItem(0).childCount() == 1
    assert item(window, 0, 0).data(0, CardRole.CARD).lines[0] == "MR · 3 × 4 images · 8 × 6"
    assert "4D (3): time" in item(window, 0, 0).data(0, CardRole.CARD).lines[1]
    show_series(window.session, study, study.series[2])
    settle()
    assert item(window, 0, 0).data(0, CardRole.OF) is study.series[2]
    assert item(window, 0, 0).data(0, CardRole.CARD).shown
    assert item(window, 0, 0).data(0, CardRole.CARD).badge == "time 3 of 3"
    assert window.study_panel.warnings.text() == "1 series with remarks"
    page = WarningList(window.session, window)
    assert page.page.toPlainText().count("The date of birth is no date") == 1
    page.close()


def test_every_file_is_accounted_for(window: MainWindow, settle: Settle, qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "one")
    (folder / "broken").write_bytes((folder / "003").read_bytes()[:700])
    (folder / "notes <b>.txt").write_text("nothing", encoding="utf-8")
    open_folder(window.session, folder)
    settle()
    qtbot.mouseClick(window.study_panel.warnings, LEFT)
    (page,) = window.findChildren(WarningList)
    text = page.page.toPlainText()
    assert "Files found last: 7 = 5 with images + 1 others + 1 left out" in text
    assert "notes <b>.txt: not DICOM" in text
    assert "broken: " in text
    page.close()


def test_an_object_beside_images_is_a_row_of_its_own(
    window: MainWindow, settle: Settle, shared_data: Path, qtbot: QtBot
) -> None:
    open_folder(window.session, shared_data / "gsps_ko_pdf_for_a0002")
    settle()
    kinds = {one.kind for study in window.session.studies for one in study.objects}
    assert {"presentation state", "key objects", "document"} <= kinds
    rows = [
        row
        for n in range(window.study_panel.tree.topLevelItemCount())
        for row in (item(window, n).child(c) for c in range(item(window, n).childCount()))
    ]
    cards = [row.data(0, CardRole.CARD) for row in rows if isinstance(row.data(0, CardRole.OF), StudyObject)]
    assert {card.picture for card in cards} >= {"window-level", "check", "study"}
    assert any(card.lines[0].startswith("Presentation state") for card in cards)


def test_an_open_study_joins_the_library(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    open_folder(window.session, write_stack(tmp_path / "one"))
    settle()
    window.study_panel.library_wanted.emit(window.session.studies[0])
    settle()
    (row,) = window.session.library.search()
    assert (row.facts.patient.patient_id, row.image_count, row.where) == ("T1", 5, "linked")


def test_an_archive_opens_and_leaves_nothing_behind(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "one")
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"CD/{file.name}")
    open_folder(window.session, [tmp_path / "one.zip"])
    settle()
    assert window.session.scene.volume.array.shape == (5, 6, 8)
    (unpacked,) = window.session.unpacked
    assert unpacked.path.stat().st_mode & 0o077 == 0
    window.close()
    assert not unpacked.path.exists()
