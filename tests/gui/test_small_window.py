"""A small window: nothing that must be read is cut, and no tool is out of reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from medview.gui import outlined_text
from medview.gui.main_window import MainWindow
from medview.gui.panes import pane_painter
from medview.gui.screenshot_acts import paint_ball
from medview.session.open_folder import open_folder

Settle = Callable[[], None]


@pytest.fixture
def small(window: MainWindow, settle: Settle, ct_folder: Path) -> MainWindow:
    """Return the smallest window, with images and a mask."""
    window.resize(960, 600)
    open_folder(window.session, ct_folder)
    settle()
    window.notice_bar.hide()
    paint_ball(window)
    settle()
    return window


def test_every_tool_and_the_window_can_be_reached(small: MainWindow) -> None:
    bar = small.tool_bar
    parts = [*bar.findChildren(QToolButton), bar.window_panel.width_box, bar.window_panel.level_box]
    parts = [part for part in parts if part.objectName() != "qt_toolbar_ext_button"]
    assert all(part.isVisible() for part in parts), [part.objectName() for part in parts if not part.isVisible()]
    small.resize(1440, 900)
    assert bar.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextUnderIcon


def test_the_images_get_half_of_the_window(small: MainWindow, qtbot: QtBot) -> None:
    assert small.panes.width() >= 0.45 * small.width()
    sides = small.splitter.sizes()
    small.resize(1440, 900)
    qtbot.waitUntil(lambda: small.splitter.sizes()[0] > sides[0] and small.splitter.sizes()[2] > sides[2])
    small.splitter.splitterMoved.emit(400, 1)
    small.splitter.setSizes([400, 700, 340])
    chosen = small.splitter.sizes()[0]
    small.resize(1500, 900)
    qtbot.wait(30)
    assert small.splitter.sizes()[0] == chosen


def test_slice_window_and_origin_are_read_whole(small: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def write(*args: object) -> None:
        written.append(str(args[3]))
        outlined_text.draw_text(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(pane_painter, "draw_text", write)
    small.session.scene.update(window=(-1234.0, 12345.0))
    small.panes.panes["axial"].grab_pixels()
    assert "Slice 12/24" in written or "Slice 13/24" in written
    assert "W 12345  L -1234" in written
    assert "Mask: drawn by hand" in written
