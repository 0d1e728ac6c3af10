"""A window as a person has it: the real session, the real jobs, a small series on disk."""

from __future__ import annotations

import functools
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.app import make_window
from medview.files.dicom_write import write_series
from medview.gui import theme
from medview.gui.language import set_language
from medview.gui.main_window import MainWindow
from medview.jobs.job_queue import JobQueue
from medview.study.geometry import Geometry
from medview.study.series import Patient, Series, StudyFacts

WAIT_MS = 20_000
PATIENT = "Testmann^Erika"
_WRITTEN = tempfile.TemporaryDirectory(prefix="medview-tests-", ignore_cleanup_errors=True)


def write_ct(folder: Path, *, description: str = "Thorax", slices: int = 24, patient: str = PATIENT) -> Path:
    """Write a small CT: a block of soft tissue with bone in it, in air; the same again where its folder's name is."""
    shutil.copytree(_written_ct(folder.name, description, slices, patient), folder, dirs_exist_ok=True)
    return folder


@functools.cache  # written and read back in 0.1 s, copied in a few ms: hundreds of tests open it
def _written_ct(name: str, description: str, slices: int, patient: str) -> Path:
    array = np.full((slices, 40, 48), -1000, np.int16)
    array[:, 10:30, 12:36] = 40
    array[:, 12:17, 15:21] = 700
    geometry = Geometry.from_axes(
        array.shape, origin=(-24, -20, 100), slice_step=(0, 0, 2), row_step=(0, 1, 0), column_step=(1, 0, 0)
    )
    series = Series("", "", modality="CT", series_number=3, series_description=description, windows=((40.0, 400.0),))
    facts = StudyFacts(
        "", study_date="20240229", study_description="Chest", patient=Patient(patient_name=patient, patient_id="T-1")
    )
    folder = Path(_WRITTEN.name) / f"{len(list(Path(_WRITTEN.name).iterdir()))}_{name}"
    write_series(array, geometry, series, facts, folder)
    return folder


@pytest.fixture
def ct_folder(tmp_path: Path) -> Path:
    """Return a folder with one CT series."""
    return write_ct(tmp_path / "ct")


def _forget_corrections(window: MainWindow) -> None:
    """Let the window close without a question."""
    window.session.studies = ()


@pytest.fixture
def window(qtbot: QtBot, medview_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """Return the main window of a new session in English, shown."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # put back at the end
    (medview_home / "settings.json").write_text('{"language": "en", "hanging": false}', encoding="utf-8")
    jobs = JobQueue()
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    made = make_window(application, jobs)
    qtbot.addWidget(made, before_close_func=_forget_corrections)
    made.show()
    made.activateWindow()
    with qtbot.waitActive(made):  # keys go to the active window alone
        pass
    yield made
    jobs.stop()
    set_language("en")
    if theme.theme() is not theme.DARK:  # every widget that is still alive would be dressed anew, in 0.15 s
        theme.apply(application, "dark")


@pytest.fixture
def settle(qtbot: QtBot, window: MainWindow) -> Callable[[], None]:
    """Return a function that waits until every job has ended and the panels have followed."""

    def wait() -> None:
        qtbot.waitUntil(lambda: not window.session.jobs.jobs, timeout=WAIT_MS)
        qtbot.waitUntil(lambda: window.plugin_panel.is_filled, timeout=WAIT_MS)
        qtbot.wait(30)

    return wait
