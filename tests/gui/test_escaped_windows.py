"""A window beside the images that is left with the escape key lets go of all it held, as one that is closed does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from medview.gui.looks.look_window import LookWindow
from medview.gui.main_window import MainWindow
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder


@pytest.fixture
def opened(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> MainWindow:
    """Return the window with a CT in three planes and 3D."""
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=20_000)
    window.session.set_layout(shipped_layout("mpr"))
    settle()
    return window


def _followers(window: MainWindow) -> tuple[int, ...]:
    """Count who listens to the session."""
    session = window.session
    assert session.scene is not None
    heard = (session.scene_changed, session.display_changed, session.layout_changed, session.studies_changed)
    return tuple(len(signal) for signal in (*heard, session.scene.cursor_changed, session.scene.display_changed))


def test_a_window_that_is_left_at_once_is_told_nothing_any_more(
    opened: MainWindow, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    busy = Event()
    opened.session.jobs.submit("Reading", lambda progress: busy.wait(20))
    opened.commands.actions["look_window"].trigger()
    (beside,) = (dialog for dialog in opened.findChildren(QDialog) if dialog.isVisible())
    beside.close()
    qtbot.waitUntil(lambda: not opened.findChildren(LookWindow))
    busy.set()  # what the window has asked for comes only now
    settle()
    assert [notice for notice in opened.session.notices.notices if notice.level == "error"] == []


def test_escape_lets_go_of_session_and_opengl(opened: MainWindow, qtbot: QtBot, settle: Callable[[], None]) -> None:
    before = _followers(opened)
    action = opened.commands.actions["look_window"]
    opened.commands.refresh()
    assert action.isEnabled(), action.toolTip()
    action.trigger()
    settle()
    (beside,) = (dialog for dialog in opened.findChildren(QDialog) if dialog.isVisible())
    assert _followers(opened) != before
    with qtbot.waitActive(beside):  # else the key goes to the window of the images
        beside.activateWindow()
    QTest.keyClick(beside, Qt.Key.Key_Escape)
    assert not beside.isVisible()
    assert _followers(opened) == before
    # on the thread that drew its pictures
    assert "Closing the 3D view" in {job.title.template for job in opened.session.jobs.jobs}
    settle()
    opened.resize(700, 520)  # a context destroyed on the wrong thread ended the program at the next size of the pane
    settle()
