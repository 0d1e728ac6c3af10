"""The library page, with mouse and keys."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QItemSelectionModel, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from medview.gui.library import study_table
from medview.gui.library.date_range_form import DateRangeForm
from medview.gui.library.import_form import ImportForm
from medview.gui.library.library_page import LibraryPage
from medview.gui.library.study_table import size_text
from medview.gui.main_window import MainWindow
from medview.gui.notice_bar import NoticeBar
from medview.library.query import Query
from medview.session.import_studies import import_studies
from medview.session.open_folder import open_folder
from tests.files.make_dicom import write_stack

Settle = Callable[[], None]
LEFT = Qt.MouseButton.LeftButton
PATIENTS = {
    "li": {"PatientName": "Li^Ming=李^明", "PatientID": "CN-1", "StudyDate": "20250301", "StudyDescription": "Thorax"},
    "meier": {"PatientName": "Müller^Jörg", "PatientID": "DE-2", "StudyDate": "20240102", "StudyDescription": "Head"},
    "smith": {"PatientName": "Smith^Ann", "PatientID": "US-3", "StudyDate": "20230102", "Modality": "OT"},
}


def write_patients(folder: Path) -> Path:
    for number, (name, facts) in enumerate(PATIENTS.items()):
        uids = {"StudyInstanceUID": f"2.25.{number + 7}", "SeriesInstanceUID": f"2.25.{number + 70}"}
        write_stack(folder / name, **uids, **facts)
    return folder


@pytest.fixture
def page(window: MainWindow, settle: Settle, tmp_path: Path, qtbot: QtBot) -> LibraryPage:
    """Return the page with three patients whose files are linked, opened by its key."""
    import_studies(window.session, [write_patients(tmp_path / "studies")], copy=False)
    settle()
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert window.library.isVisible()
    return window.library


def column(page: LibraryPage, name: str = "patient_name") -> list[str]:
    """Return a column of the table as it is read."""
    place = page.table.columns.index(name)
    return [page.table.data(page.table.index(row, place)) for row in range(page.table.rowCount())]


def type_in(page: LibraryPage, qtbot: QtBot, settle: Settle, text: str) -> None:
    page.filter.search.clear()
    if text.isascii():
        qtbot.keyClicks(page.filter.search, text)
    else:  # as an input method hands it over
        typed = QInputMethodEvent()
        typed.setCommitString(text)
        QApplication.sendEvent(page.filter.search, typed)
    qtbot.wait(150)
    settle()


def choose(page: LibraryPage, row: int, settle: Settle) -> None:
    page.view.selectRow(row)
    settle()


def answer(dialog: type[QDialog], how: Callable[[QDialog], None]) -> None:
    """Answer a dialog that is about to open."""

    def go() -> None:
        found = next((w for w in QApplication.topLevelWidgets() if isinstance(w, dialog) and w.isVisible()), None)
        if found is None:
            QTimer.singleShot(20, go)
        else:
            how(found)

    QTimer.singleShot(0, go)


def press(text: str) -> Callable[[QDialog], None]:
    """Return what presses the button of a message box that reads `text`."""

    def how(box: QDialog) -> None:
        assert isinstance(box, QMessageBox)
        next(button for button in box.buttons() if button.text() == text).click()

    return how


def test_an_empty_library_invites(window: MainWindow, settle: Settle) -> None:
    window.commands.actions["library"].trigger()
    settle()
    page = window.library
    assert page.invitation.isVisible()
    assert page.invitation.text() == "The library is empty"
    assert "ZIP" in page.hint.text()


def test_the_newest_study_is_first_with_all_it_has(page: LibraryPage) -> None:
    assert column(page) == ["Li, Ming / 李, 明", "Müller, Jörg", "Smith, Ann"]
    assert column(page, "image_count") == ["5", "5", "5"]
    assert column(page, "modalities") == ["CT", "CT", "OT"]
    assert page.foot.text().startswith("3 studies · 3 series · 15 images · copied 0 B · linked ")


@pytest.mark.parametrize(
    ("typed", "found"),
    [("李明", ["Li, Ming / 李, 明"]), ("muller", ["Müller, Jörg"]), ("us-3", ["Smith, Ann"]), ("nobody", [])],
)
def test_a_name_is_found_as_one_types(
    page: LibraryPage, qtbot: QtBot, settle: Settle, typed: str, found: list[str]
) -> None:
    type_in(page, qtbot, settle, typed)
    assert column(page) == found
    assert page.pages.currentIndex() == (0 if found else 1)


def test_filters_and_albums_go_with_the_search(page: LibraryPage, settle: Settle) -> None:
    page.filter.modality.setCurrentIndex(page.filter.modality.findData("OT"))
    settle()
    assert column(page) == ["Smith, Ann"]
    page.albums.setCurrentRow(2)  # to discuss
    settle()
    assert column(page) == []
    page.filter.clear.click()
    page.albums.setCurrentRow(1)  # unread
    settle()
    assert len(column(page)) == 3


def test_a_click_on_a_title_sorts_and_is_remembered(
    page: LibraryPage, qtbot: QtBot, settle: Settle, window: MainWindow
) -> None:
    header = page.view.horizontalHeader()
    qtbot.mouseClick(header.viewport(), LEFT, pos=QPoint(header.sectionViewportPosition(0) + 20, 8))
    settle()
    assert column(page) == ["Li, Ming / 李, 明", "Müller, Jörg", "Smith, Ann"]
    qtbot.mouseClick(header.viewport(), LEFT, pos=QPoint(header.sectionViewportPosition(0) + 20, 8))
    settle()
    assert column(page) == ["Smith, Ann", "Müller, Jörg", "Li, Ming / 李, 明"]
    assert window.session.settings["library_order"] == "patient_name desc"


def test_other_columns_can_be_chosen(page: LibraryPage, window: MainWindow) -> None:
    menu = page._make_column_menu()
    next(action for action in menu.actions() if action.text() == "Stored").trigger()
    assert column(page, "where") == ["linked"] * 3
    assert window.session.settings["library_columns"].endswith("comment where")


def test_return_opens_the_study_and_goes_to_the_images(
    page: LibraryPage, qtbot: QtBot, settle: Settle, window: MainWindow
) -> None:
    choose(page, 1, settle)
    page.view.setFocus()
    qtbot.keyClick(page.view, Qt.Key.Key_Return)
    settle()
    assert not page.isVisible()
    assert [s.facts.patient.patient_id for s in window.session.studies] == ["DE-2"]
    assert window.session.scene.volume.array[0, 0, 0] == 1000 - 1024


def test_several_studies_are_opened_at_once(page: LibraryPage, settle: Settle, window: MainWindow) -> None:
    page.view.selectAll()
    page.open_chosen()
    settle()
    assert len(window.session.studies) == 3


def test_the_series_of_the_chosen_study_have_pictures(page: LibraryPage, settle: Settle) -> None:
    choose(page, 0, settle)
    assert page.details.series.count() == 1
    assert page.details.series.item(0).text() == "Made for tests\nCT · 5 images"
    assert "Thorax" in page.details.title.text()


def test_no_picture_of_one_patient_stands_under_the_name_of_another(page: LibraryPage, settle: Settle) -> None:
    choose(page, 0, settle)
    assert page.details.series.count() == 1
    only = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    page.view.selectionModel().setCurrentIndex(page.table.index(1, 0), only)  # its series are still to come
    assert "Head" in page.details.title.text()
    assert page.details.series.count() == 0


def test_a_series_that_is_no_more_opens_the_rest_of_its_study(
    page: LibraryPage, settle: Settle, window: MainWindow
) -> None:
    choose(page, 0, settle)
    page.details.open_wanted.emit("2.25.404")
    settle()
    assert window.session.scene is not None
    assert window.session.scene.study.facts.patient.patient_id == "CN-1"


def test_status_and_comment_are_kept(page: LibraryPage, qtbot: QtBot, settle: Settle) -> None:
    choose(page, 0, settle)
    qtbot.mouseClick(page.details.comment, LEFT)
    qtbot.keyClicks(page.details.comment, "Compare with 2023")
    qtbot.keyClick(page.details.comment, Qt.Key.Key_Return)
    settle()
    page.details.status.setCurrentIndex(page.details.status.findData("to discuss"))
    page.details.status.activated.emit(page.details.status.currentIndex())
    settle()
    assert column(page, "comment") == ["Compare with 2023", "", ""]
    assert column(page, "status")[0] == "To discuss"
    type_in(page, qtbot, settle, "compare")
    assert len(column(page)) == 1


def test_an_album_and_a_smart_album(page: LibraryPage, qtbot: QtBot, settle: Settle, window: MainWindow) -> None:
    def named(name: str) -> Callable[[QDialog], None]:
        def how(dialog: QDialog) -> None:
            assert isinstance(dialog, QInputDialog)
            dialog.setTextValue(name)
            dialog.accept()

        return how

    answer(QInputDialog, named("教学"))
    page.commands.ask_album(None)
    settle()
    (album,) = window.session.library.albums()
    choose(page, 2, settle)
    menu = page.commands.study_menu(page.chosen(), None, page)
    settle()
    submenu = next(action.menu() for action in menu.actions() if action.text() == "Add to album")
    submenu.actions()[0].trigger()
    settle()
    type_in(page, qtbot, settle, "CN-1")
    answer(QInputDialog, named("Chinese"))
    page.commands.ask_album(page.table.query)
    settle()
    page.filter.reset()
    settle()
    assert [page.albums.item(row).text() for row in (5, 6)] == ["Chinese  (1)", "教学  (1)"]
    page.albums.setCurrentRow(6)
    settle()
    assert column(page) == ["Smith, Ann"]
    page.albums.setCurrentRow(5)
    settle()
    assert column(page) == ["Li, Ming / 李, 明"]
    assert album.name == "教学"


def test_missing_files_are_marked(page: LibraryPage, settle: Settle, window: MainWindow, tmp_path: Path) -> None:
    for file in (tmp_path / "studies" / "li").iterdir():
        file.unlink()
    next(action for action in page.more_menu.actions() if action.text() == "Look for missing files").trigger()
    settle()
    page.refresh()
    settle()
    assert "5 are missing" in window.notice_bar.shown_text()
    page.albums.setCurrentRow(3)
    settle()
    assert column(page) == ["Li, Ming / 李, 明"]
    assert page.table.data(page.table.index(0, 0), Qt.ItemDataRole.DecorationRole) is not None


def test_studies_are_taken_off_the_list_only_when_it_is_confirmed(
    page: LibraryPage, qtbot: QtBot, settle: Settle, tmp_path: Path
) -> None:
    choose(page, 0, settle)
    page.view.setFocus()
    answer(QMessageBox, press("Cancel"))
    qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    settle()
    assert len(column(page)) == 3
    answer(QMessageBox, press("Take off the list"))
    qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    settle()
    page.refresh()
    settle()
    assert column(page) == ["Müller, Jörg", "Smith, Ann"]
    assert len(list((tmp_path / "studies" / "li").iterdir())) == 5


def drop(page: LibraryPage, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    page.dropEvent(QDropEvent(QPointF(50, 50), action, data, Qt.MouseButton.LeftButton, none))


def test_an_archive_that_is_dropped_is_copied_into_the_library(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    folder = write_patients(tmp_path / "studies")
    with zipfile.ZipFile(tmp_path / "cd.zip", "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    window.commands.actions["library"].trigger()
    settle()
    page = window.library

    def accept(form: QDialog) -> None:
        assert isinstance(form, ImportForm)
        assert not form.link.isEnabled()
        form.opens.setChecked(False)
        form.go.click()

    answer(ImportForm, accept)
    drop(page, tmp_path / "cd.zip")
    settle()
    page.refresh()
    settle()
    assert len(column(page)) == 3
    assert "3 studies, 15 new files, 0 known already" in window.notice_bar.shown_text()
    (tmp_path / "cd.zip").unlink()
    choose(page, 0, settle)
    page.open_chosen()
    settle()
    assert window.session.scene.volume.array.shape == (5, 6, 8)
    assert not window.session.settings["import_opens"]


def test_patients_can_be_hidden(page: LibraryPage, window: MainWindow, settle: Settle) -> None:
    window.session.settings["patient_text_visible"] = False
    settle()
    assert column(page) == column(page, "patient_id") == ["hidden"] * 3


def test_rows_are_read_by_the_page(page: LibraryPage, settle: Settle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_table, "PAGE", 2)
    page.table.ask(Query())
    settle()
    assert page.table.rowCount() == 3
    assert page.table.study(1) is not None
    page.view.viewport().update()
    settle()
    assert column(page)[2] == "Smith, Ann"


def test_another_language_keeps_the_library_open(page: LibraryPage, settle: Settle, window: MainWindow) -> None:
    page.filter.search.setText("x")  # an answer is still under way
    window.session.settings["language"] = "zh_CN"
    settle()
    settle()  # the new page has asked
    assert window.library is not page
    assert window.library.isVisible()
    assert column(window.library, "status") == ["未阅"] * 3
    assert window.session.notices.notices[-1].level == "info"


def test_a_page_that_is_being_made_anew_takes_no_answers(page: LibraryPage, settle: Settle) -> None:
    """While it goes, the old page still hears of the new language, and asks for the series of the study chosen."""
    choose(page, 0, settle)
    assert page.details.series.count() == 1
    (study,) = page.chosen()
    page.release()
    page.details.series.clear()
    page.details.show_study(study)
    settle()
    assert page.details.series.count() == 0


def test_sizes_are_readable() -> None:
    assert [size_text(n) for n in (12, 3_400, 5_600_000, 1_234_567_890)] == ["12 B", "3.4 kB", "5.6 MB", "1.23 GB"]


def test_the_series_that_is_activated_is_shown(page: LibraryPage, settle: Settle, window: MainWindow) -> None:
    choose(page, 2, settle)
    page.details.series.itemActivated.emit(page.details.series.item(0))
    settle()
    assert window.session.scene.series.series_instance_uid == "2.25.72"
    assert not page.isVisible()


def test_room_is_made_only_when_it_is_confirmed(
    window: MainWindow, settle: Settle, tmp_path: Path, qtbot: QtBot
) -> None:
    import_studies(window.session, [write_patients(tmp_path / "studies")], copy=True)
    settle()
    window.session.library.quota_bytes = 1
    window.commands.actions["library"].trigger()
    settle()
    page = window.library
    full = next(button for button in page.findChildren(QPushButton) if button.text().startswith("More than the quota"))
    assert full.isVisible()
    answer(QMessageBox, press("Cancel"))
    qtbot.mouseClick(full, LEFT)
    settle()
    assert window.session.library.usage().copied_bytes > 1
    answer(QMessageBox, press("Make room"))
    qtbot.mouseClick(full, LEFT)
    settle()
    assert window.session.library.usage().copied_bytes == 0
    assert len(list((tmp_path / "studies" / "li").iterdir())) == 5


def test_a_list_that_was_lost_is_rebuilt_from_the_files(
    window: MainWindow, settle: Settle, tmp_path: Path, medview_home: Path, qtbot: QtBot
) -> None:
    import_studies(window.session, [write_patients(tmp_path / "studies")], copy=True)
    settle()
    window.session.library.close()
    window.session.library = None
    for file in (medview_home / "library").glob("*.sqlite*"):
        file.write_bytes(b"damaged" * 1000)
    window.commands.actions["library"].trigger()
    settle()
    page = window.library
    assert page.rebuild.isVisible()
    answer(QMessageBox, press("Rebuild"))
    qtbot.mouseClick(page.rebuild, LEFT)
    settle()
    page.refresh()
    settle()
    assert len(column(page)) == 3
    assert not page.rebuild.isVisible()


def test_the_keys_alone_find_and_open_a_study(
    page: LibraryPage, qtbot: QtBot, settle: Settle, window: MainWindow
) -> None:
    assert page.filter.search.hasFocus()
    type_in(page, qtbot, settle, "smith")
    qtbot.keyClick(page.filter.search, Qt.Key.Key_Down)
    settle()
    assert page.view.hasFocus()
    qtbot.keyClick(page.view, Qt.Key.Key_Return)
    settle()
    assert window.session.studies[0].facts.patient.patient_id == "US-3"
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    settle()
    qtbot.keyClick(page.filter.search, Qt.Key.Key_Escape)
    settle()
    assert (page.filter.search.text(), page.isVisible()) == ("", True)
    qtbot.keyClick(page.filter.search, Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_what_an_import_brought_is_said_on_the_page(page: LibraryPage) -> None:
    (bar,) = page.findChildren(NoticeBar)
    assert bar.isVisible()
    assert "3 studies, 15 new files, 0 known already; 0 files without images, 0 left out." in bar.shown_text()


def test_studies_between_two_days_are_asked_for(page: LibraryPage, settle: Settle) -> None:
    def between(form: QDialog) -> None:
        assert isinstance(form, DateRangeForm)
        form.first.setDate(QDate(2025, 1, 1))
        form.last.setDate(QDate(2023, 12, 31))
        form.accept()

    dates = page.filter.dates
    answer(DateRangeForm, between)
    dates.setCurrentIndex(dates.count() - 1)
    dates.activated.emit(dates.currentIndex())
    settle()
    assert dates.currentText() == "2023-12-31 – 2025-01-01"
    assert column(page) == ["Müller, Jörg"]
    page.filter.clear.click()
    settle()
    assert len(column(page)) == 3


def test_what_becomes_of_opened_studies_is_a_persons_choice(
    page: LibraryPage, settle: Settle, window: MainWindow, tmp_path: Path
) -> None:
    joining = next(action.menu() for action in page.more_menu.actions() if action.text() == "What is opened")
    assert [action.isChecked() for action in joining.actions()] == [True, False, False]
    joining.actions()[2].trigger()
    assert window.session.settings["library_add"] == "no"
    open_folder(window.session, write_stack(tmp_path / "other", StudyInstanceUID="2.25.99", PatientID="X9"))
    settle()
    assert window.session.library.count() == 3
