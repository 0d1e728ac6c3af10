"""The whole program, as `medview` starts it, on a virtual screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.app import make_window
from medview.gui.main_window import MainWindow
from medview.jobs.job_queue import JobQueue
from medview.session.judged_findings import note_reported
from tests.walk.person import Person


@pytest.fixture
def person(qapp: QApplication, qtbot: QtBot, medview_home: Path) -> Iterator[Person]:
    """Return a person before the open window."""
    (medview_home / "settings.json").write_text('{"hanging": false}', encoding="utf-8")  # the panes of the layout "mpr"
    jobs = JobQueue()
    window = make_window(qapp, jobs)
    qtbot.addWidget(window, before_close_func=_forget_edits)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()  # without a window manager nobody else does, and shortcuts need it
    qtbot.waitUntil(window.isActiveWindow)
    yield Person(window, qtbot)
    _forget_edits(window)
    window.close()
    jobs.stop()


def _forget_edits(window: MainWindow) -> None:
    """Call every mask exported and every finding reported: nobody is there to be asked at the end of a test."""
    for study in window.session.studies:
        note_reported(study, study.findings)
        for mask in study.segmentations:
            window.session.note_exported(mask, mask.revision)
