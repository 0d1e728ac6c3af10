"""What every test gets: a home of its own, the shared studies, and silence as a result.

A test fails that lets the program log a warning it did not expect, or that leaves a thread, a window or a timer behind.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key

ROOT = Path(__file__).resolve().parent.parent
_LONG_ROOMS = ("plugins", "walk", "gui", "session", "files")  # whose single files take longest
_OURS = ("medview", "plugins", "py.warnings")  # loggers whose warnings are ours to answer for


def _shared_folder() -> Path:
    return Path(os.environ.get("MEDVIEW_SHARED", ROOT.parent / "shared"))


def _choose_screen() -> None:
    """Use the virtual screen of pytest-xvfb where there is one, else Qt's own offscreen platform."""
    has_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform == "linux" and not has_screen and shutil.which("Xvfb") is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


_choose_screen()


@pytest.hookimpl(trylast=True)  # after pytest's own faulthandler, which keeps the true stderr
def pytest_configure(config: pytest.Config) -> None:
    """End a run that takes too long with a traceback of every thread; ``MEDVIEW_TESTS_LIMIT_S`` says when."""
    limit_s = float(os.environ.get("MEDVIEW_TESTS_LIMIT_S", "0"))
    only_waits = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    if limit_s > 0 and not only_waits:
        told = os.fdopen(os.dup(config.stash[fault_handler_stderr_fd_key]), "w")
        clock = threading.Timer(limit_s, _end_run, (limit_s, told))
        clock.daemon = True
        clock.start()


def _end_run(limit_s: float, told: TextIO) -> None:
    print(f"\nThe tests take more than the {limit_s:.0f} s they have: ended here.", file=told, flush=True)
    faulthandler.dump_traceback(told)
    os._exit(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the rooms with the longest files come first, so that no process works alone at the end."""
    places = {room: place for place, room in enumerate(_LONG_ROOMS)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Set the modules and the collected tests apart: else each look for timers goes through them, as Python's does."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real studies; a test that needs it is skipped where it is missing."""
    folder = _shared_folder() / "data"
    if not folder.is_dir():
        pytest.skip("the shared studies are not here: set MEDVIEW_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep fixtures of a whole session or module, too, away from the person's own settings and weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDVIEW_HOME", str(tmp_path_factory.mktemp("session_home")))
        mirror = _shared_folder() / "weights"
        if mirror.is_dir() and "MEDVIEW_MODEL_MIRROR" not in os.environ:
            patch.setenv("MEDVIEW_MODEL_MIRROR", str(mirror))
        yield


@pytest.fixture(autouse=True)
def medview_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the test's own MEDVIEW_HOME: an empty folder."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MEDVIEW_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def _no_thread_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread which would keep a closed program alive."""
    threads = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in threads and not t.daemon]
    for thread in left:
        thread.join(timeout=2.0)
    assert not [t.name for t in left if t.is_alive()], "threads left behind"


@pytest.fixture
def qtbot(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return pytest-qt's robot, which here holds the widgets it is given until it has closed them.

    By itself it holds them weakly: a window on the screen that the test has let go of would be collected as garbage
    by the program's own timer, in the middle of the test or between its end and the closing, and never be released.
    """
    held: dict[int, Any] = {}
    add = qtbot.addWidget

    def hold(widget: Any, **options: Any) -> None:
        key = id(widget)
        held[key] = widget
        widget.destroyed.connect(lambda: held.pop(key, None))  # deleted by the test itself: there is nothing to close
        add(widget, **options)

    monkeypatch.setattr(qtbot, "addWidget", hold)
    yield qtbot
    held.clear()


@pytest.fixture(autouse=True)
def _garbage_ends_on_the_main_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in the program, collect nothing where Qt is at work; what a test leaves in cycles ends after it, and here.

    A Qt object whose end crashes the program does so in the name of the test that made it.
    """
    if not _uses_qt(request):
        yield
        return
    gc.disable()
    yield
    gc.collect()
    gc.freeze()  # the next test looks through its own values alone
    gc.enable()


@pytest.fixture(autouse=True)
def _no_window_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test of the window that leaves one open, or a timer running."""
    uses_qt = _uses_qt(request)
    windows, timers = (_windows(), _running_timers()) if uses_qt else ([], [])
    yield
    if uses_qt:
        _delete_what_was_closed()
        assert not _told(_windows(), windows), "windows left behind: give them to qtbot.addWidget, or close them"
        assert not _told(_running_timers(), timers), "timers left running: stop them when their widget closes"


def _uses_qt(request: pytest.FixtureRequest) -> bool:
    return bool({"qtbot", "qapp"} & set(request.fixturenames))


def _told(now: list[Any], before: list[Any]) -> list[str]:
    return [repr(thing) for thing in now if not any(thing is other for other in before)]


def _delete_what_was_closed() -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _windows() -> list[Any]:
    """Return the windows that are open: no menus, tool tips and lists that belong to another widget."""
    if "PySide6.QtWidgets" not in sys.modules:
        return []
    from PySide6.QtWidgets import QApplication

    return [w for w in QApplication.topLevelWidgets() if w.parent() is None and w.isVisible()]


def _running_timers() -> list[Any]:
    if "PySide6.QtWidgets" not in sys.modules:
        return []
    import shiboken6
    from PySide6.QtCore import QTimer

    # by type(): isinstance would ask every object for its __class__, which wakes what other libraries made lazy
    kinds = {QTimer, *QTimer.__subclasses__()}
    timers: list[Any] = [thing for thing in gc.get_objects() if type(thing) in kinds]
    return [timer for timer in timers if shiboken6.isValid(timer) and timer.isActive()]


class _Listener(logging.Handler):
    """Keeps the warnings that the program logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def _silent_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which the program logs a warning, unless it is marked ``@pytest.mark.logs_warnings``."""
    listener = _Listener()
    loggers = [logging.getLogger(name) for name in _OURS]
    for logger in loggers:
        logger.addHandler(listener)
    yield
    for logger in loggers:
        logger.removeHandler(listener)
    said = [f"{r.name}: {r.getMessage()}" for r in listener.records]
    if request.node.get_closest_marker("logs_warnings") is None:
        assert not said, f"unexpected warnings in the log: {said}"
