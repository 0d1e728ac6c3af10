"""Keys that a person sets, sets of keys known from other viewers, and the list of every command."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.gui.commands.command_palette import CommandPalette
from medview.gui.commands.command_table import COMMANDS, command
from medview.gui.commands.keymap import Keymap, key_sets, plain
from medview.gui.commands.shortcut_form import ShortcutForm
from medview.gui.commands.shortcut_sheet import ShortcutSheet
from medview.gui.main_window import MainWindow
from medview.session.settings import Settings


@pytest.fixture
def keymap(tmp_path: Path) -> Keymap:
    return Keymap(COMMANDS, Settings(tmp_path / "settings.json"))


@pytest.mark.parametrize("key_set", key_sets(), ids=lambda key_set: key_set.id or "medview")
def test_every_set_names_commands_that_are_there_and_keys_that_are_keys(key_set, keymap: Keymap) -> None:
    assert set(key_set.keys) <= {c.id for c in COMMANDS}
    assert all(plain(key) for keys in key_set.keys.values() for key in keys)


@pytest.mark.parametrize("chosen", [key_set.id for key_set in key_sets()])
def test_no_key_is_there_twice(chosen: str, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings["keymap"] = chosen
    keymap = Keymap(COMMANDS, settings)
    keys = [key for c in COMMANDS for key in keymap.keys(c)]
    assert sorted(keys) == sorted(set(keys))


def test_a_key_taken_by_one_command_is_lost_by_the_other(keymap: Keymap) -> None:
    assert keymap.owner("w") is command("tool_window_level")
    keymap.give(command("invert"), ["w", "Ctrl+Alt+J"])
    assert keymap.keys(command("invert")) == ("W", "Ctrl+Alt+J")
    assert keymap.keys(command("tool_window_level")) == ()
    keymap.give(command("tool_pan"), ["W"])  # and from a person's own keys as well
    assert keymap.keys(command("invert")) == ("Ctrl+Alt+J",)
    keymap.forget(command("tool_pan"))
    assert keymap.keys(command("tool_pan")) == ("P", "T")
    keymap.forget()
    assert keymap.keys(command("invert")) == ("I",)


def test_own_keys_are_there_after_a_restart(tmp_path: Path) -> None:
    Keymap(COMMANDS, Settings(tmp_path / "settings.json")).give(command("invert"), ["F4"])
    again = Keymap(COMMANDS, Settings(tmp_path / "settings.json"))
    assert again.keys(command("invert")) == ("F4",)


def test_settings_that_name_commands_of_another_version_do_no_harm(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings["shortcuts"] = {"no_such_command": ["W"]}
    settings["keymap"] = "no_such_set"
    assert Keymap(COMMANDS, settings).keys(command("tool_window_level")) == ("W",)


def test_a_key_is_changed_in_the_form_and_works_at_once(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.actions["change_shortcuts"].trigger()
    form = window.findChild(ShortcutForm)
    form.filter.setText("light colours")
    (row,) = [row for row in form.rows() if not row.isHidden()]
    form.table.setCurrentItem(row)
    form.editor.setKeySequence(QKeySequence("Ctrl+O"))
    assert form.told.text() == "Ctrl+O belongs to: Open folder. Setting it takes it away there."
    QTest.mouseClick(form.give, Qt.MouseButton.LeftButton)
    assert row.text(1) == "Ctrl+O"
    form.close()
    qtbot.waitUntil(lambda: window.commands.actions["open_folder"].shortcuts() == [])
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert window.session.settings["theme"] == "light"
    assert "Ctrl+O" in window.commands.actions["light_theme"].toolTip()
    window.commands.actions["shortcuts"].trigger()  # the sheet says what is, not what was shipped
    sheet = window.findChild(ShortcutSheet)
    assert "Ctrl+O" in {label.text() for label in sheet.findChildren(object, "key")}
    sheet.close()


def test_a_set_of_keys_is_chosen(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.actions["change_shortcuts"].trigger()
    form = window.findChild(ShortcutForm)
    form.sets.setCurrentIndex(form.sets.findData("horos"))
    shown = {row.text(0): row.text(1) for row in form.rows()}
    assert shown["Window of the images"] == "~"
    form.close()
    qtbot.waitUntil(lambda: window.commands.actions["preset_2"].shortcut().toString() == "1")


def test_a_command_is_found_by_a_few_letters(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.actions["command_palette"].trigger()
    palette = window.findChild(CommandPalette)
    qtbot.waitExposed(palette)
    QTest.keyClicks(palette.words, "lgt col")
    assert palette.list.currentItem().text().startswith("View › Light colours")
    QTest.keyClick(palette.words, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert window.session.settings["theme"] == "light"


def test_what_cannot_be_done_is_listed_last_with_its_reason(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.actions["command_palette"].trigger()
    palette = window.findChild(CommandPalette)
    QTest.keyClicks(palette.words, "invert")
    row = palette.list.item(0)
    assert "Invert grey scale" in row.text()
    assert not row.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "No images are open." in row.toolTip()
    QTest.keyClick(palette.words, Qt.Key.Key_Return)
    assert palette.isVisible()  # nothing was done
    palette.close()
