"""The list of measurements and key images: what it says, and what a person does with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QColorDialog, QLineEdit, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.measuring.measure_button import MeasureButton
from medview.gui.measuring.measurement_list_view import EYE, IMAGE, NAME, SWATCH, VALUE, MeasurementListView
from medview.gui.side_tabs import MEASUREMENTS, SEGMENTATION
from medview.session.open_folder import open_folder
from tests.files.make_dicom import image, write
from tests.gui.conftest import PATIENT, WAIT_MS, write_ct
from tests.gui.measured import Person
from tests.gui.panes import drag

Z = 124.0


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]) -> Person:
    write_ct(tmp_path / "ct")
    open_folder(window.session, tmp_path / "ct")
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    window.session.scene.update(crosshair_visible=False)
    person = Person(window, qtbot)
    person.key(Qt.Key.Key_D)
    person.qtbot.wait(30)
    return person


def rows(person: Person) -> list[QTreeWidgetItem]:
    person.qtbot.wait(30)
    return person.window.measurement_panel.list.rows()


def click(person: Person, item: QTreeWidgetItem, column: int) -> None:
    view: MeasurementListView = person.window.measurement_panel.list
    place = view.visualItemRect(item)
    x = view.columnViewportPosition(column) + view.columnWidth(column) // 2
    person.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, place.center().y()))
    person.qtbot.wait(30)


def test_an_empty_list_says_how_to_begin(person: Person) -> None:
    panel = person.window.measurement_panel
    assert person.window.side_tabs.currentIndex() == MEASUREMENTS  # a measuring tool was taken
    assert panel.empty.isVisible()
    assert not panel.list.isVisible()
    assert "drag over an image" in panel.empty.text()
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.qtbot.wait(30)
    assert panel.list.isVisible()
    assert not panel.empty.isVisible()
    person.key(Qt.Key.Key_B)
    person.qtbot.wait(30)
    assert person.window.side_tabs.currentIndex() == SEGMENTATION


def test_a_row_tells_name_value_and_image_under_its_series(person: Person) -> None:
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    y = person.window.session.scene.cursor_mm[1]
    person.drag("coronal", (-9, y, 110), (9, y, 134))
    (first, second), view = rows(person), person.window.measurement_panel.list
    assert [first.text(column) for column in (NAME, VALUE, IMAGE)] == ["Length", "25.0 mm", "13"]
    assert second.text(IMAGE) == "–"
    assert view.topLevelItem(0).text(EYE) == "3 Thorax"


def test_what_is_selected_in_the_list_is_selected_in_the_view(person: Person) -> None:
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.drag("axial", (-12, 8, Z), (12, 8, Z))
    first, second = rows(person)
    assert second.isSelected()  # the one drawn last
    before = person.coloured("axial")
    click(person, first, NAME)
    assert person.window.session.focus.selected_uid == person.measured()[0].tracking_uid
    assert (person.coloured("axial") != before).any()
    person.key(Qt.Key.Key_Escape)
    person.click("axial", (0, 8, Z))
    assert [row.isSelected() for row in rows(person)] == [False, True]


def test_the_numbers_follow_a_handle_that_is_dragged(person: Person) -> None:
    from PySide6.QtCore import QEvent

    from tests.gui.panes import _send

    person.drag("axial", (-12, 0, Z), (12, 0, Z))
    pane, left, none = person.pane("axial"), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    _send(pane, QEvent.Type.MouseButtonPress, person.at("axial", (12, 0, Z)), left, left, none)
    _send(pane, QEvent.Type.MouseMove, person.at("axial", (6, 0, Z)), Qt.MouseButton.NoButton, left, none)
    assert person.listed() == [("Length", "18.0 mm")]
    assert person.texts("axial") == {"18.0 mm"}
    person.key(Qt.Key.Key_Escape)  # given up in the middle of the drag
    assert person.listed() == [("Length", "24.0 mm")]
    _send(pane, QEvent.Type.MouseButtonRelease, person.at("axial", (6, 0, Z)), left, Qt.MouseButton.NoButton, none)
    assert person.listed() == [("Length", "24.0 mm")]


def test_a_name_is_typed_in_the_list(person: Person) -> None:
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    view = person.window.measurement_panel.list
    click(person, rows(person)[0], NAME)
    view.setFocus()
    person.qtbot.keyClick(view, Qt.Key.Key_F2)
    editor = view.findChild(QLineEdit)
    assert editor is not None
    person.qtbot.keyClicks(editor, "Node 1")
    person.qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert person.listed() == [("Node 1", "25.0 mm")]
    assert person.texts("axial") == {"Node 1", "25.0 mm"}
    person.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert person.listed() == [("Length", "25.0 mm")]


def test_hiding_colouring_and_deleting_can_be_taken_back(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    click(person, rows(person)[0], EYE)
    assert not person.coloured("axial").any()
    click(person, rows(person)[0], EYE)
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor(0, 220, 255))
    click(person, rows(person)[0], SWATCH)
    assert person.coloured("axial", (0, 220, 255)).any()
    view = person.window.measurement_panel.list
    click(person, rows(person)[0], NAME)
    view.setFocus()
    person.qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert person.listed() == []
    for _ in range(2):
        person.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert person.coloured("axial").any()  # there again, in its first colour
    assert person.listed() == [("Length", "25.0 mm")]


def test_a_click_goes_to_a_measurement_of_a_series_that_is_not_on_the_screen(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> None:
    for number, uid in ((4, "2.25.41"), (5, "2.25.42")):
        for index in range(5):
            told = {"SeriesInstanceUID": uid, "SOPInstanceUID": f"{uid}.{index}", "SeriesNumber": number}
            write(image(index, **told), tmp_path / f"{number}-{index}")
    open_folder(window.session, tmp_path)
    settle()
    person, session = Person(window, qtbot), window.session
    first, place = session.scene.series.key, session.scene.cursor_index[0]
    person.key(Qt.Key.Key_D)
    pane = person.pane("axial")
    scale = min(pane.width() / (8 * 0.75), pane.height() / (6 * 0.5))
    drag(pane, [(100, 100), (150, 100), (100 + 4 * scale, 100)])
    person.key(Qt.Key.Key_Escape)
    assert person.listed() == [("Length", "4.0 mm")]
    window.session.scene.move_cursor(session.scene.volume.geometry.to_mm((0, 0, 0)))
    window.commands.actions["next_series"].trigger()
    settle()
    if session.scene.series.key == first:
        window.commands.actions["previous_series"].trigger()
        settle()
    assert session.scene.series.key != first
    assert person.texts("axial") == set()
    assert person.listed() == [("Length", "4.0 mm")]  # known without the images on the screen
    click(person, rows(person)[0], VALUE)
    settle()
    assert session.scene.series.key == first
    assert session.scene.cursor_index[0] == place
    assert person.texts("axial") == {"4.0 mm"}


def test_key_images_have_a_star_and_a_row(person: Person) -> None:
    yellow = (255, 205, 60)
    assert person.coloured("axial", yellow).sum() == 0
    person.window.session.choose(active_pane="axial")
    person.key(Qt.Key.Key_K)
    assert person.coloured("axial", yellow).sum() > 30
    assert person.coloured("coronal", yellow).sum() == 0
    person.key(Qt.Key.Key_Down)
    assert person.coloured("axial", yellow).sum() == 0
    view = person.window.measurement_panel.list
    person.qtbot.wait(30)
    assert view.topLevelItem(0).text(EYE) == "Key images"
    row = view.topLevelItem(1)
    assert (row.text(NAME), row.text(IMAGE)) == ("Thorax", "13")
    click(person, row, NAME)
    assert person.window.session.scene.cursor_mm[2] == Z
    person.key(Qt.Key.Key_K)
    person.qtbot.wait(30)
    assert view.topLevelItemCount() == 0
    person.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    person.qtbot.wait(30)
    assert view.topLevelItemCount() == 2


def test_the_list_is_copied_as_text_without_the_patient(person: Person) -> None:
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.qtbot.wait(30)
    person.window.commands.actions["copy_measurements"].trigger()
    text = QApplication.clipboard().text()
    assert text == "Length\t25.0 mm\tThorax"
    assert PATIENT not in text


def test_the_list_is_exported_as_a_table(
    person: Person, tmp_path: Path, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtWidgets import QFileDialog

    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.qtbot.wait(30)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "out.csv"), ""))
    person.window.commands.actions["export_measurements"].trigger()
    settle()
    table = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "25.0" in table
    assert "mm" in table
    assert "Testmann" not in table


def test_the_menu_of_a_measurement_acts_on_what_lies_under_the_mouse(person: Person) -> None:
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.key(Qt.Key.Key_Escape)
    person.hover("axial", (0, -4.5, Z))
    pane = person.pane("axial")
    x, y = (round(n) for n in person.at("axial", (0, -4.5, Z)))
    person.qtbot.mouseClick(pane, Qt.MouseButton.RightButton, pos=QPoint(x, y))
    menu = QApplication.activePopupWidget()
    assert menu is not None
    shown = {action.objectName(): action for action in menu.actions()}
    assert {"rename_measurement", "line_profile", "delete_measurement"} <= set(shown)
    assert "histogram" not in shown  # a line has none
    shown["delete_measurement"].trigger()
    menu.close()
    assert person.measured() == ()


def test_the_toolbar_offers_the_tool_used_last(person: Person) -> None:
    button = person.window.tool_bar.findChild(MeasureButton)
    assert button.defaultAction().objectName() == "measure_length"
    menu = {action.objectName(): action for action in button.menu().actions()}
    assert len(menu) == 12
    menu["measure_ellipse"].trigger()
    person.qtbot.wait(30)
    assert button.defaultAction().objectName() == "measure_ellipse"
    assert person.window.session.tool == "measure_ellipse"
    assert np.all([not action.icon().isNull() for action in menu.values()])
