"""The header inspector, with mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.gui.commands.command_palette import CommandPalette
from medview.gui.main_window import MainWindow
from medview.gui.marked_text import marked_text
from medview.gui.studies.header_inspector import HeaderInspector
from medview.gui.studies.tag_model import TagColumn
from medview.session.close_study import close_study
from medview.session.open_folder import open_folder
from medview.session.show_series import show_series
from tests.files.make_dicom import image, write, write_stack

Settle = Callable[[], None]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def inspector(window: MainWindow, settle: Settle, qtbot: QtBot, tmp_path: Path) -> HeaderInspector:
    """Return the inspector of the middle one of five slices with private elements, opened by its key."""
    for number in range(5):
        dataset = image(number, PatientName="王^小明")
        dataset.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
        dataset.add_new(0x0019100C, "IS", str(100 * number))
        write(dataset, tmp_path / f"{number}")
    open_folder(window.session, tmp_path)
    settle()
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    (made,) = window.findChildren(HeaderInspector)
    qtbot.waitActive(made)
    settle()
    return made


def cells(inspector: HeaderInspector) -> dict[str, tuple[str, ...]]:
    """Return VR, name, value and other value of the rows at the top, by tag."""
    model, top = inspector.model, QModelIndex()
    rows = [[model.data(model.index(row, c)) for c in range(model.columnCount())] for row in range(model.rowCount(top))]
    return {row[0]: tuple(row[1:]) for row in rows}


def type_in(inspector: HeaderInspector, qtbot: QtBot, settle: Settle, text: str) -> None:
    inspector.search.clear()
    qtbot.keyClicks(inspector.search, text)
    qtbot.wait(150)
    settle()


def test_the_header_of_the_slice_in_view_is_shown(inspector: HeaderInspector) -> None:
    shown = cells(inspector)
    assert shown["(0010,0010)"] == ("PN", "Patient's Name", "王^小明")
    assert shown["(0020,0013)"] == ("IS", "Instance Number", "3")
    assert shown["(7FE0,0010)"][2].startswith("96 bytes  ea 03")
    assert inspector.chooser.label.text() == "Image 3 of 5"


def test_a_private_element_is_found_by_its_name(inspector: HeaderInspector, qtbot: QtBot, settle: Settle) -> None:
    type_in(inspector, qtbot, settle, "b_value")
    assert cells(inspector) == {"(0019,100C)": ("IS", "[SIEMENS MR HEADER] B_value", "200")}
    assert inspector.count.text() == "1 row"
    type_in(inspector, qtbot, settle, "")
    assert len(cells(inspector)) > 30


def test_the_arrows_go_from_slice_to_slice_and_keep_the_row(
    inspector: HeaderInspector, qtbot: QtBot, settle: Settle
) -> None:
    row = list(cells(inspector)).index("(0020,0013)")
    inspector.view.setCurrentIndex(inspector.model.index(row, 0))
    qtbot.mouseClick(inspector.chooser.next, LEFT)
    settle()
    assert cells(inspector)["(0020,0013)"][2] == "4"
    assert inspector.model.row_of(inspector.view.currentIndex()).keyword == "InstanceNumber"
    assert inspector.value.toPlainText() == "4"


def test_a_search_typed_while_the_next_image_is_read_is_answered_from_that_image(
    inspector: HeaderInspector, qtbot: QtBot, settle: Settle
) -> None:
    qtbot.mouseClick(inspector.chooser.next, LEFT)
    inspector.search.setText("instance number")
    inspector._delay.timeout.emit()  # the pause after typing is over before the header is there
    settle()
    assert inspector.chooser.label.text() == "Image 4 of 5"
    assert cells(inspector)["(0020,0013)"] == ("IS", "Instance Number", "4")


def test_a_header_goes_with_the_study_that_is_closed(
    inspector: HeaderInspector, window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    write_stack(tmp_path / "other", 2, PatientID="T2", StudyInstanceUID="2.25.7", SeriesInstanceUID="2.25.8")
    open_folder(window.session, tmp_path / "other", show=False)
    settle()
    first, other = window.session.studies
    show_series(window.session, other, other.series[0])
    settle()
    window.show_header()
    settle()
    second = next(made for made in window.findChildren(HeaderInspector) if made is not inspector)
    second.compare.setCurrentIndex(2)  # the images of the study that is closed
    settle()
    assert cells(second)["≠ (0010,0010)"][-1] == "王^小明"
    close_study(window.session, first)
    settle()
    assert window.findChildren(HeaderInspector) == [second]
    assert second.compare.currentText() == "Nothing"
    assert cells(second)["(0010,0020)"][-1] == "T2"
    assert not any("王^小明" in cell for row in cells(second).values() for cell in row)


def test_comparing_shows_what_differs(inspector: HeaderInspector, qtbot: QtBot, settle: Settle) -> None:
    assert not inspector.only_differences.isEnabled()
    inspector.compare.setCurrentIndex(1)
    settle()
    assert inspector.compare.currentText() == "Another image of this series"
    assert cells(inspector)["≠ (0020,0013)"] == ("IS", "Instance Number", "3", "4")
    qtbot.mouseClick(inspector.only_differences, LEFT)
    settle()
    names = {row[1] for row in cells(inspector).values()}
    assert names == {
        "Media Storage SOP Instance UID", "SOP Instance UID", "Instance Number", "Image Position (Patient)",
        "[SIEMENS MR HEADER] B_value", "Pixel Data",
    }  # fmt: skip
    assert inspector.count.text().endswith("6 differ")
    inspector.other_chooser.slider.setValue(2)
    settle()
    assert cells(inspector) == {}


def test_a_row_is_copied_with_its_key(inspector: HeaderInspector, qtbot: QtBot) -> None:
    row = list(cells(inspector)).index("(0010,0010)")
    inspector.view.setCurrentIndex(inspector.model.index(row, 0))
    inspector.view.setFocus()
    qtbot.keyClick(inspector.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "(0010,0010)\tPN\tPatient's Name\t王^小明"


def test_names_are_hidden_where_patient_text_is(inspector: HeaderInspector, window: MainWindow, settle: Settle) -> None:
    inspector.close()
    window.session.settings["patient_text_visible"] = False
    settle()
    window.commands.actions["show_header"].trigger()
    settle()
    other = next(w for w in window.findChildren(HeaderInspector) if w.isVisible())
    assert cells(other)["(0010,0010)"][2] == cells(other)["(0010,0020)"][2] == "hidden"
    assert cells(other)["(0008,0060)"][2] == "CT"
    other.close()


def test_a_file_that_is_gone_is_told(inspector: HeaderInspector, settle: Settle, tmp_path: Path) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    inspector.chooser.slider.setValue(0)
    settle()
    assert inspector.remark.isVisible()
    assert inspector.remark.text() == "The file cannot be read: No such file or directory"
    assert cells(inspector) == {}


def test_many_rows_are_told_by_the_page(inspector: HeaderInspector, settle: Settle, tmp_path: Path) -> None:
    dataset = image(0)
    for number in range(3000):
        dataset.add_new(0x00310010 + 0x20000 * (number // 200), "LO", "TEST")
        dataset.add_new(0x00311000 + 0x20000 * (number // 200) + number % 200, "LO", f"{number}")
    write(dataset, tmp_path / "0")
    inspector.chooser.slider.setValue(0)
    settle()
    model = inspector.model
    told = [model.rowCount()]
    assert 400 <= told[0] < 3000
    while model.canFetchMore(QModelIndex()) and len(told) < 12:
        inspector.view.verticalScrollBar().setValue(inspector.view.verticalScrollBar().maximum())
        settle()
        told.append(model.rowCount())
    assert told == sorted(set(told))
    index = model.index_of(((0x004D10C7, 0),))
    assert model.data(model.index(index.row(), TagColumn.VALUE)) == "2999"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Head\nWARNING: all is well", "Head␊WARNING: all is well"), ("a\u202eb\x7f", "a⟨U+202E⟩b␡"), ("王 é", "王 é")],
)
def test_control_characters_are_marked(text: str, shown: str) -> None:
    assert marked_text(text) == shown


@pytest.mark.parametrize("focused", ["search", "view"])
def test_escape_closes_it_wherever_the_keyboard_is_in_it(
    inspector: HeaderInspector, window: MainWindow, qtbot: QtBot, focused: str
) -> None:
    getattr(inspector, focused).setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(HeaderInspector))


def test_opened_from_the_list_of_commands_it_has_the_keyboard(
    inspector: HeaderInspector, window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.keyClick(inspector, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(HeaderInspector))
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    (palette,) = window.findChildren(CommandPalette)
    qtbot.keyClicks(palette.words, "header of the image")
    qtbot.keyClick(palette.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.findChildren(CommandPalette))
    (opened,) = window.findChildren(HeaderInspector)
    qtbot.waitUntil(opened.isActiveWindow)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(HeaderInspector))
