"""What every test gets: a home of its own, the shared data, and silence as a result."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_CARELESS = ("medview", "plugins")  # loggers whose warnings are ours to answer for


def _shared_folder() -> Path:
    return Path(os.environ.get("MEDVIEW_SHARED", ROOT.parent / "shared"))


def _choose_screen() -> None:
    """Use the virtual screen of pytest-xvfb where there is one, else Qt's own offscreen platform."""
    has_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform == "linux" and not has_screen and shutil.which("Xvfb") is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


_choose_screen()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real studies; a test that needs it is skipped where it is missing."""
    folder = _shared_folder() / "data"
    if not folder.is_dir():
        pytest.skip("the shared studies are not here: set MEDVIEW_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep fixtures of the whole session, too, away from the person's own settings and weights."""
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
def _no_thread_left() -> Iterator[None]:
    """Fail a test that leaves a thread which would keep a closed program alive."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and not t.daemon and t.is_alive()]
    for thread in left:
        thread.join(timeout=2.0)
    names = [t.name for t in left if t.is_alive()]
    assert not names, f"threads left behind: {names}"


class _Listener(logging.Handler):
    """Keeps the warnings that the program logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def _silent_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which the program logs a warning that was not expected: ``@pytest.mark.logs_warnings``."""
    listener = _Listener()
    loggers = [logging.getLogger(name) for name in _CARELESS]
    for logger in loggers:
        logger.addHandler(listener)
    yield
    for logger in loggers:
        logger.removeHandler(listener)
    said = [f"{r.name}: {r.getMessage()}" for r in listener.records]
    if request.node.get_closest_marker("logs_warnings") is None:
        assert not said, f"unexpected warnings in the log: {said}"
