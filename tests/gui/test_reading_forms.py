"""The forms of reading: presets, corner text, mouse, and the screen's size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QDialogButtonBox, QPushButton
from pytestqt.qtbot import QtBot

from medview.gui.forms.corner_form import CornerForm
from medview.gui.forms.preset_form import PresetForm
from medview.gui.forms.reading_form import ReadingForm
from medview.gui.forms.screen_form import ScreenForm
from medview.gui.main_window import MainWindow
from medview.gui.panes.screen_size import display_size
from medview.session import choose_window
from medview.session.open_folder import open_folder
from medview.session.own_presets import presets_of
from medview.view.corner_set import shipped_corners
from tests.gui.conftest import WAIT_MS
from tests.gui.test_reading import said

Form = TypeVar("Form", bound=QDialog)


@pytest.fixture
def opened(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> MainWindow:
    """Return the window with a CT in it."""
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    return window


def form(window: MainWindow, command: str, kind: type[Form]) -> Form:
    window.commands.actions[command].trigger()
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def click(dialog: QDialog, button: str) -> None:
    found = next(b for b in dialog.findChildren(QPushButton) if b.text().replace("&", "") == button)
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def accept(dialog: QDialog) -> None:
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    QTest.mouseClick(box.button(QDialogButtonBox.StandardButton.Ok), Qt.MouseButton.LeftButton)


def test_presets_are_added_renamed_ordered_and_deleted(opened: MainWindow, qtbot: QtBot) -> None:
    choose_window.set_window(opened.session, 55.0, 321.0)
    dialog = form(opened, "preset_form", PresetForm)
    table = dialog.table
    dialog.add()
    row = table.rowCount() - 1
    table.item(row, 0).setText("Mine")  # type: ignore[union-attr]
    table.setCurrentCell(row, 0)
    for _ in range(row):
        click(dialog, "Up")
    table.setCurrentCell(2, 0)
    click(dialog, "Delete")
    accept(dialog)
    assert [(p.title, p.window) for p in presets_of("CT")][:3] == [
        ("Mine", (55.0, 321.0)), ("Soft tissue", (40.0, 400.0)), ("Mediastinum", (50.0, 350.0)),
    ]  # fmt: skip
    choose_window.set_window(opened.session, 0.0, 100.0)
    pane = opened.panes.panes[opened.session.active_pane]
    pane.setFocus()
    QTest.keyClick(pane, Qt.Key.Key_2)
    assert opened.session.scene is not None
    assert opened.session.scene.window == (55.0, 321.0)
    qtbot.waitUntil(lambda: opened.commands.actions["preset_2"].text() == "Mine", timeout=WAIT_MS)
    dialog = form(opened, "preset_form", PresetForm)
    click(dialog, "As shipped")
    accept(dialog)
    assert presets_of("CT")[0].title == "Soft tissue"


def test_a_preset_without_a_width_is_refused(opened: MainWindow) -> None:
    dialog = form(opened, "preset_form", PresetForm)
    dialog.table.item(0, 2).setText("0")  # type: ignore[union-attr]
    accept(dialog)
    assert dialog.isVisible()
    assert "Row 1" in str(opened.session.notices.notices[-1].message)
    dialog.reject()


def test_a_line_is_moved_to_another_corner(opened: MainWindow) -> None:
    pane = opened.panes.panes[opened.session.active_pane]
    dialog = form(opened, "corner_form", CornerForm)
    lists = dialog.lists
    lists["top_left"].setCurrentRow(2)
    click(dialog, "Not shown")
    rows = [lists["unused"].item(n).data(Qt.ItemDataRole.UserRole) for n in range(lists["unused"].count())]
    lists["unused"].setCurrentRow(rows.index("image_size"))
    click(dialog, "Top right")
    click(dialog, "Up")
    accept(dialog)
    kept = opened.session.settings["corner_text"]
    assert kept["top_left"] == ["patient_name", "patient_birth_date_and_sex"]
    assert kept["top_right"][-2:] == ["image_size", "acquisition_date_and_time"]
    assert set(kept) == {"top_left", "top_right"}
    text = said(pane)  # type: ignore[arg-type]
    assert "T-1" not in text
    assert "40 rows, 48 columns" in text
    dialog = form(opened, "corner_form", CornerForm)
    click(dialog, "As shipped")
    assert dialog.chosen() == shipped_corners()
    accept(dialog)
    assert opened.session.settings["corner_text"] == {}


def test_the_settings_of_the_mouse_hold_what_was_chosen(opened: MainWindow) -> None:
    dialog = form(opened, "reading_form", ReadingForm)
    box = dialog.box("mouse_right")
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(box.findData("scroll"))
    dialog.box("window_drag_inverted").setChecked(True)  # type: ignore[attr-defined]
    accept(dialog)
    settings = opened.session.settings
    assert (settings["mouse_right"], settings["mouse_middle"]) == ("scroll", "pan")
    assert settings["window_drag_inverted"] is True
    assert settings["cine_fps"] == 0.0


def test_a_measured_screen_is_remembered_by_its_name(opened: MainWindow) -> None:
    dialog = form(opened, "measure_screen", ScreenForm)
    dialog.length_box.setValue(125.0)
    accept(dialog)
    size = display_size(opened, opened.session.settings)
    assert size.is_calibrated
    assert size.px_per_mm == pytest.approx(400 / 125.0)
    dialog = form(opened, "measure_screen", ScreenForm)
    click(dialog, "As the screen says")
    assert not display_size(opened, opened.session.settings).is_calibrated
