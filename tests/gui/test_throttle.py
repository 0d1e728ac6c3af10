"""Work that is asked for in every frame is done at once, and once more for all that came after."""

from __future__ import annotations

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from medview.gui.throttle import Throttle


def test_what_comes_in_a_burst_is_done_twice(qtbot: QtBot) -> None:
    done: list[int] = []
    parent = QObject()
    throttle = Throttle(lambda: done.append(1), 20, parent)
    for _ in range(50):
        throttle.ask()
    assert len(done) == 1  # at once
    qtbot.waitUntil(lambda: len(done) == 2)
    qtbot.wait(60)
    assert len(done) == 2  # the last is not lost, and nothing is done that nobody asked for


def test_nothing_is_done_after_the_end(qtbot: QtBot) -> None:
    done: list[int] = []
    parent = QObject()
    throttle = Throttle(lambda: done.append(1), 20, parent)
    throttle.ask()
    throttle.ask()
    throttle.stop()
    qtbot.wait(60)
    assert len(done) == 1
