"""The one place where the rooms of the desktop program are joined: job queue, session, main window."""

from __future__ import annotations

import gc
import logging
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import format_tb
from types import TracebackType

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from medview.errors import MedViewError
from medview.files.passing_folder import PassingFolder
from medview.gui import theme
from medview.gui.idle_collector import IdleCollector
from medview.gui.language import set_language
from medview.gui.load_plots import load_plots
from medview.gui.main_window import MainWindow
from medview.jobs.job_queue import JobQueue
from medview.session.keep_findings import KeptFindings
from medview.session.keep_journal import KeptJournals
from medview.session.keep_measurements import KeptMeasurements
from medview.session.keep_results import KeptResults
from medview.session.load_demo import load_demo
from medview.session.open_folder import open_folder
from medview.session.prepare_reading import prepare_reading
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.tell_broken_files import tell_broken_files
from medview.view.load_vtk import load_vtk

logger = logging.getLogger(__name__)
_IDLE_MS = 400  # after the first paint, and after what a person waits for: warming up takes both from him
_TURN_S = 0.0005  # how long a busy thread may keep the interpreter when the window asks for it; Python's own is 5 ms


class Doorbell(QObject):
    """Brings `JobQueue.wake`, called on any thread, to the main thread as one event for many rings."""

    _rung = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: JobQueue | None = None
        self._rung.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def attach(self, jobs: JobQueue) -> None:
        """Let the queue ring this bell."""
        self._jobs = jobs
        jobs.wake = self._rung.emit

    def _answer(self) -> None:
        if self._jobs is not None:
            self._jobs.deliver()


def run(path: Path | None = None, *, demo: bool = False) -> int:
    """Show the window, open `path` or the demo study in it, and return the exit status when it is closed."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    gc.freeze()  # the modules: they stay to the end, and looking through them for garbage takes longer than a frame
    jobs = JobQueue()
    journals: KeptJournals | None = None
    results: KeptResults | None = None
    measurements: KeptMeasurements | None = None
    findings: KeptFindings | None = None
    try:
        window = make_window(application, jobs)
        journals = KeptJournals(window.session)
        results = KeptResults(window.session, journals)
        measurements = KeptMeasurements(window.session)
        findings = KeptFindings(window.session)
        window.show()
        if path is not None or demo:
            QTimer.singleShot(0, lambda: _open(window, path))
        QTimer.singleShot(_IDLE_MS, lambda: _warm_up_at_idle(jobs))
        return application.exec()
    finally:
        jobs.stop()
        if measurements is not None:
            measurements.close()
        if findings is not None:
            findings.close()
        if results is not None:
            results.close()
        if journals is not None:
            journals.close()


def screenshots(folder: Path, path: Path | None = None, *, scale: float = 1.0) -> int:
    """Save pictures of the window in every state, with `path` or the demo study open; return the exit status.

    What a person has set, and his library, are left as they are: the pictures are taken with a home of their own.
    """
    from medview.gui.screenshots import take_screenshots

    with TemporaryDirectory() as home:
        os.environ["MEDVIEW_HOME"] = home
        os.environ["QT_SCALE_FACTOR"] = str(scale)
        application = QApplication(sys.argv[:1])
        jobs = JobQueue()
        try:
            window = make_window(application, jobs)
            window.resize(1440, 900)
            window.show()
            count = take_screenshots(window, folder, lambda: _open(window, path), _say)
        except MedViewError as error:
            sys.stderr.write(f"{error.message} {error.remedy}\n")
            return 1
        finally:
            jobs.stop()
    _say(f"{count} pictures")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _open(window: MainWindow, path: Path | None) -> None:
    if path is not None:
        open_folder(window.session, path)
    else:
        load_demo(window.session)


def _warm_up_at_idle(jobs: JobQueue) -> None:
    """Warm up once nothing is opened or read: its imports would hold the interpreter, its processes the cores."""
    if any(not job.silent for job in jobs.jobs):
        QTimer.singleShot(_IDLE_MS, lambda: _warm_up_at_idle(jobs))
    else:
        warm_up(jobs)


def warm_up(jobs: JobQueue) -> None:
    """Start the worker process and the decoders, load what reading, 3D and plots need, and clear up, all at idle."""
    jobs.warm_up()
    jobs.submit("Starting the decoders", lambda progress: _start_decoders(jobs), place="render", silent=True)
    jobs.submit("Getting ready to read", prepare_reading, place="render", silent=True)
    jobs.submit("Loading the 3D view", load_vtk, place="render", silent=True)
    jobs.submit("Loading the plots", load_plots, place="render", silent=True)
    jobs.submit("Clearing up", lambda progress: PassingFolder.sweep(), place="render", silent=True)


def _start_decoders(jobs: JobQueue) -> None:
    from medview.files.pixels.dicom_decode import prepare_decoding  # imports much: away from the main thread

    jobs.workers.warm_up(prepare_decoding)


def make_window(application: QApplication, jobs: JobQueue) -> MainWindow:
    """Join queue, session and window; the window is not shown yet."""
    sys.setswitchinterval(_TURN_S)
    application.setApplicationName("MedView")
    application.setApplicationDisplayName("MedView")
    settings = Settings()
    set_language(settings["language"])
    theme.apply(application, settings["theme"])
    session = Session(jobs, settings)
    _tell_unexpected_errors(session)
    window = MainWindow(session)
    tell_broken_files(session)
    Doorbell(window).attach(jobs)
    IdleCollector(window)
    return window


def _tell_unexpected_errors(session: Session) -> None:
    """Show what nobody caught as a notice; the log gets the traceback, which holds no patient data."""

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        # not the error's own words, which may hold what a file says of a patient
        logger.error("unexpected problem: %s\n%s", kind.__name__, "".join(format_tb(trace)))
        session.notices.add_error(error)

    sys.excepthook = told
