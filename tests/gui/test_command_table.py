"""The command table: what menus, keys and the docs page are made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from medview.gui.command import MENUS
from medview.gui.commands.command_table import COMMANDS, command
from medview.gui.commands.commands_page import commands_page
from medview.gui.commands.shortcut_sheet import ShortcutSheet
from medview.gui.main_window import MainWindow
from medview.gui.measuring.measurement_list_view import NAME
from medview.paths import resources_folder
from medview.session.open_folder import open_folder
from tests.gui.conftest import WAIT_MS
from tests.gui.panes import drag
from tests.gui.seen import reads

ROOT = Path(__file__).resolve().parents[2]


def test_every_id_and_every_shortcut_is_there_once() -> None:
    ids = [c.id for c in COMMANDS]
    assert len(set(ids)) == len(ids)
    keys = [QKeySequence(k).toString() for c in COMMANDS for k in c.shortcuts]
    assert all(keys)
    assert len(set(keys)) == len(keys)


def test_every_icon_is_there() -> None:
    for c in COMMANDS:
        assert not c.icon or (resources_folder() / "icons" / f"{c.icon}.svg").is_file(), c.id


def test_what_stands_in_the_toolbar_has_an_icon_and_a_short_title() -> None:
    assert [c.id for c in COMMANDS if c.group and not (c.icon and c.short_title)] == []


def test_radiologists_keys_are_kept() -> None:
    keys = {c.id: c.shortcuts for c in COMMANDS}
    assert keys["tool_window_level"] == ("W",)
    assert keys["tool_pan"][0] == "P"
    assert keys["tool_zoom"] == ("Z",)
    assert keys["tool_scroll"] == ("S",)
    assert (keys["auto_window"], keys["default_window"]) == (("0",), ("1",))
    assert [keys[f"preset_{n}"] for n in range(2, 10)] == [(str(n),) for n in range(2, 10)]
    assert keys["redo"] == ("Ctrl+Y", "Ctrl+Shift+Z")


def test_an_unknown_command_is_an_error() -> None:
    with pytest.raises(KeyError, match="no_such"):
        command("no_such")


def test_the_docs_page_is_what_the_table_says() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == commands_page(), "run: python -m medview.gui.commands.commands_page > docs/commands.md"


def names_in(menu: QMenu) -> list[str]:
    """Return the ids of the commands in a menu and the menus within it."""
    found: list[str] = []
    for action in menu.actions():
        within = action.menu()
        found += (
            names_in(within) if isinstance(within, QMenu) else [] if action.isSeparator() else [action.objectName()]
        )
    return found


def test_menus_hold_every_command(window: MainWindow) -> None:
    titles = [action.text() for action in window.menuBar().actions()]
    assert titles == list(MENUS)
    listed = [name for menu in window.menuBar().actions() for name in names_in(menu.menu())]
    assert {c.id for c in COMMANDS} <= set(listed)


def test_the_context_menu_is_made_of_the_table(window: MainWindow) -> None:
    menu = window.commands.context_menu()
    assert sorted(names_in(menu)) == sorted(c.id for c in COMMANDS if c.in_context)
    menu.deleteLater()


def test_the_shortcut_sheet_opens_with_the_question_mark(window: MainWindow, qtbot: object) -> None:
    window.commands.actions["shortcuts"].trigger()
    sheet = window.findChild(ShortcutSheet)
    assert sheet.isVisible()
    keys = {label.text() for label in sheet.findChildren(object, "key")}
    assert {"Ctrl+O", "W", "Ctrl+Y, Ctrl+Shift+Z", "2 … 9"} <= keys
    headings = {label.text() for label in sheet.findChildren(object, "subheading")}
    assert {c.menu for c in COMMANDS if c.shortcuts} <= headings
    sheet.close()


def test_measuring_tools_and_windows_are_taken_on_the_image(
    window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    pane = window.panes.panes[window.session.active_pane]

    def chosen(title: str, text: str) -> None:
        """Click with the right button on the image, and choose in a menu of the menu."""
        QTest.mouseClick(pane, Qt.MouseButton.RightButton, pos=QPoint(70, 200))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        first = [action.text() for action in menu.actions() if not action.isSeparator()][:2]
        assert sorted(first) == ["Measure", "Window"]
        (within,) = (action.menu() for action in menu.actions() if action.text() == title)
        (wanted,) = (action for action in within.actions() if action.text() == text)
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(within.menuAction()).center())
        qtbot.waitUntil(within.isVisible, timeout=WAIT_MS)
        QTest.mouseClick(within, Qt.MouseButton.LeftButton, pos=within.actionGeometry(wanted).center())
        settle()

    chosen("Window", "Lung")
    assert reads(pane, "W 1500  L -600")
    chosen("Measure", "Measure a length")
    drag(pane, [(100, 200), (150, 220), (200, 240)])
    settle()
    assert [row.text(NAME) for row in window.measurement_panel.list.rows()] == ["Length"]
