"""Frames and slices that follow each other: the bar, the keys, and what stops them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.session.advance import advance, frames_per_s
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from tests.gui.conftest import WAIT_MS, write_ct


@pytest.fixture
def pane(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> QWidget:
    """Return the active pane of a CT of 24 slices, with the keyboard."""
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    found = window.panes.panes[window.session.active_pane]
    found.setFocus()
    return found


def scene_of(window: MainWindow) -> Scene:
    assert window.session.scene is not None
    return window.session.scene


def seen(window: MainWindow, qtbot: QtBot, pictures: int) -> list[int]:
    """Return the next slices that come on the screen by themselves."""
    found: list[int] = []
    scene = scene_of(window)

    def note() -> None:
        found.append(scene.cursor_index[0])

    scene.cursor_changed.connect(note)
    qtbot.waitUntil(lambda: len(found) >= pictures or not scene.is_playing, timeout=WAIT_MS)
    scene.cursor_changed.disconnect(note)
    return found


def test_c_plays_the_slices_round_and_round_and_the_wheel_stops_it(
    pane: QWidget, window: MainWindow, qtbot: QtBot
) -> None:
    assert not window.sequence_bar.isVisible()
    QTest.keyClick(pane, Qt.Key.Key_End)
    window.session.settings["cine_fps"] = 50.0
    QTest.keyClick(pane, Qt.Key.Key_C)
    assert seen(window, qtbot, 3)[0] < 20  # after the last one the first; on a slow machine some are left out
    qtbot.waitUntil(window.sequence_bar.isVisible, timeout=WAIT_MS)
    assert window.sequence_bar.fps_box.value() == 50.0
    qtbot.waitUntil(lambda: "reached" in window.sequence_bar.speed.text(), timeout=WAIT_MS)
    at = QPointF(60, 60)
    event = QWheelEvent(
        at, QPointF(pane.mapToGlobal(QPoint(60, 60))), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(pane, event)
    assert not scene_of(window).is_playing
    qtbot.waitUntil(lambda: not window.player.is_running, timeout=WAIT_MS)
    assert window.sequence_bar.slider.value() == scene_of(window).cursor_index[0]


def test_once_stops_at_the_end_and_begins_anew(pane: QWidget, window: MainWindow, qtbot: QtBot) -> None:
    scene = scene_of(window)
    QTest.keyClick(pane, Qt.Key.Key_C)
    qtbot.waitUntil(window.sequence_bar.isVisible, timeout=WAIT_MS)
    bar = window.sequence_bar
    bar.order_box.setCurrentIndex(2)
    bar.fps_box.setValue(60.0)
    qtbot.waitUntil(lambda: not scene.is_playing, timeout=WAIT_MS)
    assert scene.cursor_index[0] == 23
    QTest.keyClick(pane, Qt.Key.Key_C)
    assert scene.cursor_index[0] == 0
    assert scene.is_playing
    QTest.keyClick(pane, Qt.Key.Key_C)
    assert not scene.is_playing


def test_a_range_is_played_there_and_back(pane: QWidget, window: MainWindow, qtbot: QtBot) -> None:
    session, scene = window.session, scene_of(window)
    window.commands.actions["first_image"].trigger()
    for _ in range(5):
        QTest.keyClick(pane, Qt.Key.Key_Down)
    window.commands.actions["play_from_here"].trigger()
    for _ in range(2):
        QTest.keyClick(pane, Qt.Key.Key_Down)
    window.commands.actions["play_to_here"].trigger()
    session.settings["cine_order"] = "swing"
    shown = []
    for _ in range(6):
        advance(session)
        shown.append(scene.cursor_index[0])
    assert shown == [6, 5, 6, 7, 6, 5]
    QTest.keyClick(pane, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: window.sequence_bar.range_button.text() == "6–8", timeout=WAIT_MS)
    QTest.keyClick(pane, Qt.Key.Key_C)
    window.commands.actions["play_all"].trigger()
    qtbot.waitUntil(lambda: window.sequence_bar.range_button.text() == "All", timeout=WAIT_MS)


def test_faster_and_slower_by_keys(pane: QWidget, window: MainWindow) -> None:
    before = frames_per_s(window.session)
    QTest.keyClick(pane, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert frames_per_s(window.session) == pytest.approx(before * 1.25)
    QTest.keyClick(pane, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert frames_per_s(window.session) == pytest.approx(before)


def test_a_recording_plays_as_fast_as_it_was_recorded(
    window: MainWindow, shared_data: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    open_folder(window.session, shared_data / "mr_cine_cardiac_multiframe")
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    scene = scene_of(window)
    recorded_ms = scene.series.frame_time_ms
    if not scene.is_recording or recorded_ms is None:
        pytest.skip("the first series is no recording")
    assert frames_per_s(window.session) == pytest.approx(min(max(1000 / recorded_ms, 1), 60))
    qtbot.waitUntil(window.sequence_bar.isVisible, timeout=WAIT_MS)


def test_arrows_go_to_the_next_series_where_there_is_no_other_time(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    write_ct(tmp_path / "a", description="First")
    write_ct(tmp_path / "a" / "b", description="Second", slices=5)
    open_folder(window.session, tmp_path / "a")
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    pane = window.panes.panes[window.session.active_pane]
    pane.setFocus()
    shown = scene_of(window).series
    others = [s for s in scene_of(window).study.series if s is not shown]
    if not others:
        pytest.skip("each series is a study of its own")
    key = Qt.Key.Key_Right if scene_of(window).study.series.index(shown) == 0 else Qt.Key.Key_Left
    assert window.commands.actions["next_place"].text() == "Next series"
    QTest.keyClick(pane, key)
    qtbot.waitUntil(lambda: scene_of(window).series.key == others[0].key, timeout=WAIT_MS)


def test_the_bar_takes_no_room_from_the_sides_of_a_small_window(
    pane: QWidget, window: MainWindow, qtbot: QtBot
) -> None:
    QTest.keyClick(pane, Qt.Key.Key_C)
    qtbot.waitUntil(window.sequence_bar.isVisible, timeout=WAIT_MS)
    window.resize(960, 600)
    qtbot.wait(50)
    side = window.sides["segmentation"]
    assert side.mapTo(window, side.rect().topRight()).x() < window.width()
    assert window.sequence_bar.slider.width() > 60
    QTest.keyClick(pane, Qt.Key.Key_C)
