"""What is drawn lies on one image: the stack may be scrolled, played and exchanged under the hand that draws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.session.open_folder import open_folder
from tests.gui.conftest import WAIT_MS
from tests.gui.measured import Person
from tests.gui.panes import _send

Z = 124.0  # of the slice that is seen first: number 12 of 24, 2 mm apart from 100 on
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot, ct_folder: Path, settle: Callable[[], None]) -> Person:
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    return Person(window, qtbot)


def press(person: Person, point: tuple[float, float]) -> None:
    _send(person.pane("axial"), QEvent.Type.MouseButtonPress, point, LEFT, LEFT, NO_KEYS)


def move(person: Person, point: tuple[float, float]) -> None:
    _send(person.pane("axial"), QEvent.Type.MouseMove, point, NONE, LEFT, NO_KEYS)


def let_go(person: Person, point: tuple[float, float]) -> None:
    _send(person.pane("axial"), QEvent.Type.MouseButtonRelease, point, LEFT, NONE, NO_KEYS)


def wheel(person: Person, point: tuple[float, float], notches: int) -> None:
    at = QPointF(*point)
    turned = QPoint(0, -120 * notches)
    phase = Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(person.pane("axial"), QWheelEvent(at, at, QPoint(), turned, LEFT, NO_KEYS, phase, False))


@pytest.mark.parametrize("tool", ["measure_ellipse", "measure_length", "measure_freehand"])
def test_what_is_let_go_on_another_image_is_given_up(person: Person, tool: str) -> None:
    person.window.commands.actions[tool].trigger()
    start, end = person.at("axial", (-14.2, -13.2, Z)), person.at("axial", (3.7, 4.8, Z))
    middle = ((start[0] + end[0]) / 2, start[1])
    press(person, start)
    move(person, middle)
    wheel(person, middle, 4)
    move(person, end)
    let_go(person, end)
    assert person.window.session.scene is not None
    assert person.window.session.scene.cursor_index[0] == 16
    assert person.listed() == []
    assert person.texts("axial") == set()


def test_scrolled_there_and_back_it_lies_on_its_image(person: Person) -> None:
    person.window.commands.actions["measure_ellipse"].trigger()
    start, end = person.at("axial", (-14.2, -13.2, Z)), person.at("axial", (3.7, 4.8, Z))
    press(person, start)
    move(person, end)
    wheel(person, end, 4)
    move(person, (end[0] + 5, end[1]))
    wheel(person, end, -4)
    move(person, end)
    let_go(person, end)
    (measured,) = person.measured()
    assert measured.points_mm[:, 2] == pytest.approx(Z)
    assert measured.points_mm[:2, 0] == pytest.approx([-14.2, 3.7], abs=0.01)


def test_playing_stops_where_a_person_begins_to_draw(person: Person) -> None:
    scene = person.window.session.scene
    assert scene is not None
    person.window.session.choose(active_pane="axial")
    person.key(Qt.Key.Key_C)
    assert scene.is_playing
    person.window.commands.actions["measure_length"].trigger()
    start, end = person.at("axial", (-12, -8, Z)), person.at("axial", (12, -1, Z))
    press(person, start)
    shown = scene.cursor_index[0]
    move(person, end)
    person.qtbot.wait(250)
    let_go(person, end)
    assert not scene.is_playing
    (measured,) = person.measured()
    assert np.ptp(measured.points_mm[:, 2]) == pytest.approx(0.0)
    assert measured.points_mm[0, 2] == pytest.approx(100.0 + 2.0 * shown)
