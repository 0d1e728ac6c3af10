"""Garbage in cycles: where and when it is collected, and that closed windows leave nothing dangerous in it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.gui.idle_collector import IdleCollector
from medview.gui.main_window import MainWindow
from tests.gui.conftest import WAIT_MS
from tests.gui.test_main_window import drop

Settle = Callable[[], None]


class _Cyclic(QObject):
    """A Qt object that only a collection ends: it holds itself."""

    def __init__(self, ends: list[str]) -> None:
        super().__init__()
        self.itself = self
        self.destroyed.connect(lambda: ends.append(threading.current_thread().name), Qt.ConnectionType.DirectConnection)


@pytest.fixture
def collected() -> Iterator[list[int]]:
    """Return the generations that have been collected, in order; thresholds of the test are put back."""
    seen: list[int] = []
    thresholds = gc.get_threshold()

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            seen.append(info["generation"])

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)
    gc.set_threshold(*thresholds)


def _make_much(values: list[list[int]]) -> None:
    values.extend([0] for _ in range(200_000))


def test_a_qt_object_in_a_cycle_ends_on_the_main_thread_whoever_makes_the_next_value(qtbot: QtBot) -> None:
    gc.enable()  # as Python starts
    parent = QObject()
    collector = IdleCollector(parent)
    assert collector.parent() is parent
    ends: list[str] = []
    values: list[list[int]] = []
    _Cyclic(ends)
    thread = threading.Thread(target=_make_much, args=(values,), name="files")
    thread.start()
    thread.join()
    _make_much(values)  # nor while the main thread is at work
    assert ends == []
    qtbot.waitUntil(lambda: bool(ends), timeout=WAIT_MS)
    assert ends == [threading.main_thread().name]


def test_the_window_collects_though_python_does_not(window: MainWindow, qtbot: QtBot) -> None:
    assert not gc.isenabled()
    ends: list[str] = []
    values: list[list[int]] = []
    _Cyclic(ends)
    _make_much(values)
    qtbot.waitUntil(lambda: bool(ends), timeout=WAIT_MS)
    assert ends == [threading.main_thread().name]


def test_all_there_is_is_gone_through_in_a_quiet_moment_and_not_while_much_is_done(
    qtbot: QtBot, collected: list[int]
) -> None:
    parent = QObject()
    collector = IdleCollector(parent)
    assert collector.parent() is parent
    gc.collect()
    collected.clear()
    gc.set_threshold(50, 0, 1)
    values: list[list[int]] = []
    busy = QTimer(parent)
    busy.timeout.connect(lambda: values.extend([0] for _ in range(2_000)))
    busy.start(5)
    qtbot.waitUntil(lambda: collected.count(1) == 3, timeout=WAIT_MS)
    assert 2 not in collected
    busy.stop()
    qtbot.waitUntil(lambda: 2 in collected, timeout=WAIT_MS)


@pytest.fixture
def kept_garbage() -> Iterator[list[object]]:
    """Let a collection keep what it finds, in the list that is returned."""
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()


def _ends_something(thing: object) -> bool:
    """Whether the end of a value destroys a Qt object, or something of VTK that may hold OpenGL."""
    if type(thing).__module__.startswith("vtk"):
        return True
    # by type(): isinstance would ask for __class__, which wakes what other libraries made lazy
    return issubclass(type(thing), QObject) and shiboken6.isValid(thing) and shiboken6.ownedByPython(thing)


def test_windows_that_were_closed_leave_nothing_in_cycles_that_qt_or_opengl_would_miss(
    window: MainWindow, settle: Settle, ct_folder: Path, qtbot: QtBot, kept_garbage: list[object]
) -> None:
    drop(window, ct_folder)
    settle()
    for name in ("look_window", "show_header", "command_palette", "shortcuts"):
        window.commands.actions[name].trigger()
        qtbot.wait(100)
        opened = [other for other in QApplication.topLevelWidgets() if other is not window and other.isVisible()]
        assert opened, name
        for other in opened:
            other.close()
        qtbot.wait(50)
    window.commands.actions["close_study"].trigger()
    settle()
    window.close()
    settle()
    gc.collect()
    assert not [repr(thing) for thing in kept_garbage if _ends_something(thing)]
