"""How late pictures follow the mouse at 60 events a second, and whether panes ever disagree, in the real window."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from tests.benchmarks.bench_first_image import make_j2k
from tests.benchmarks.bench_stalls import make_ct, rest, screen, until

EVENTS = int(os.environ.get("MEDVIEW_BENCH_EVENTS", "240"))
_EVERY_S = 1 / 60
_BOUND_MS = 33.0


class Frames:
    """Times from an event of the mouse to the end of the last pane's painting that follows it.

    A frame is what is painted in one turn of the event loop after an event; its panes must have painted one place.
    """

    def __init__(self, window: Any) -> None:
        self._window = window
        self._sent_s: float | None = None
        self._painted_s = 0.0
        self._places: list[tuple[float, ...]] = []
        self.late_ms: list[float] = []
        self.cpu_ms: list[float] = []
        self.torn = 0
        for pane in window.panes.panes.values():
            if pane.viewport.is_flat:
                self._listen(pane)

    def _listen(self, pane: Any) -> None:
        draw = pane.draw

        def drawn(*args: Any, **options: Any) -> None:
            before = (tuple(pane.scene.cursor_mm), pane.scene.window) if pane.scene is not None else ()
            draw(*args, **options)
            self._painted_s = time.perf_counter()
            self._places.append(before)

        pane.draw = drawn

    def run(self, send: Callable[[int], None]) -> None:
        """Send 60 events a second; those that are due while a picture is painted come together after it.

        So they do from a real mouse. The delay of each counts from when it was due.
        """
        start, number = time.perf_counter(), 0
        while number < EVENTS:
            if time.perf_counter() < start + number * _EVERY_S:
                QApplication.processEvents()
                time.sleep(0.0005)
                continue
            number = self._turn(start, number, send)

    def _turn(self, start: float, number: int, send: Callable[[int], None]) -> int:
        """Send what is due, let it be painted, and return which event is the next."""
        self._places.clear()
        self._painted_s = 0.0
        cpu, now, due = time.process_time(), time.perf_counter(), []
        while number < EVENTS and now >= start + number * _EVERY_S:
            due.append(start + number * _EVERY_S)
            send(number)
            number += 1
        QApplication.processEvents()  # what was asked to be painted is painted in this turn
        if self._painted_s:
            self.late_ms += [1000 * (self._painted_s - each) for each in due]
            self.cpu_ms.append(1000 * (time.process_time() - cpu))
            self.torn += len(set(self._places)) > 1
        return number

    def told(self, name: str) -> None:
        """Print a line."""
        late, cpu = sorted(self.late_ms), sorted(self.cpu_ms)
        p95, own = (row[int(0.95 * (len(row) - 1))] for row in (late, cpu))
        print(
            f"  {name:42s} median {statistics.median(late):6.1f} ms   p95 {p95:6.1f} ms   most {late[-1]:6.1f} ms"
            f"   bound {_BOUND_MS:.0f} ms   frames {len(cpu)} for {len(late)} events   torn {self.torn}"
            f"   CPU median {statistics.median(cpu):5.1f} ms   p95 {own:5.1f} ms",
            flush=True,
        )


def wheel(pane: Any, number: int) -> None:
    """Turn the wheel one notch over a pane, to and fro."""
    at = QPointF(pane.width() / 2, pane.height() / 2)
    delta = QPoint(0, -120 if (number // 60) % 2 == 0 else 120)
    event = QWheelEvent(
        at,
        pane.mapToGlobal(at),
        QPoint(),
        delta,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


class Drag:
    """A drag of the left button that goes to and fro."""

    def __init__(self, pane: Any) -> None:
        self._pane = pane
        self._send(QEvent.Type.MouseButtonPress, 0)

    def move(self, number: int) -> None:
        """Move by two pixels."""
        self._send(QEvent.Type.MouseMove, number)

    def end(self) -> None:
        """Let the button go."""
        self._send(QEvent.Type.MouseButtonRelease, 0)

    def _send(self, kind: QEvent.Type, number: int) -> None:
        shift = 2 * abs(number % 60 - 30)
        at = QPointF(self._pane.width() / 2 + shift, self._pane.height() / 2 + shift)
        buttons = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, at, self._pane.mapToGlobal(at), button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self._pane, event)


def _window(folder: Path) -> tuple[Any, Any]:
    from medview.app import make_window, warm_up
    from medview.jobs.job_queue import JobQueue

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    jobs = JobQueue()
    window = make_window(application, jobs)
    window.resize(1440, 900)
    window.show()
    warm_up(jobs)
    rest(3.0)
    return window, jobs


def _busy(jobs: Any) -> Callable[[], None]:
    """Begin a run of a model's kind of work on one core, in the worker process; return what ends it."""
    from tests.benchmarks.busy_core import compute

    job = jobs.submit("Computing", compute, place="gpu", silent=True)
    return job.cancel


def measure() -> None:
    """Print how late pictures are: at rest, while a series is read, while a core computes."""
    with tempfile.TemporaryDirectory() as home, screen() as shown:
        os.environ.update(shown)
        folder, other = Path(home) / "ct", Path(home) / "other"
        make_ct(folder)
        make_j2k(folder, other)
        from medview.session.close_study import close_study
        from medview.session.layout import shipped_layout
        from medview.session.open_folder import open_folder

        window, jobs = _window(folder)
        session = window.session
        session.settings["hanging"] = False  # the panes stay as they are when another series comes
        open_folder(session, folder)
        until(lambda: session.scene is not None and session.scene.is_whole and not jobs.jobs)
        session.set_layout(shipped_layout("mpr"))
        until(lambda: not jobs.jobs)
        rest(3.0)
        for pane in ("axial", "coronal", "sagittal"):
            frames = Frames(window)
            frames.run(lambda number, pane=pane: wheel(window.panes.panes[pane], number))
            frames.told(f"wheel over the {pane} pane")
        _window_drag(window, "window drag")
        stop = _busy(jobs)
        rest(1.0)
        _window_drag(window, "window drag while a core computes")
        frames = Frames(window)
        frames.run(lambda number: wheel(window.panes.panes["axial"], number))
        frames.told("wheel while a core computes")
        stop()
        until(lambda: not jobs.jobs)
        for study in session.studies:  # the same images: they would be taken for those that are open
            close_study(session, study)
        QTimer.singleShot(0, lambda: open_folder(session, other))
        until(lambda: session.scene is not None)
        _window_drag(window, "window drag while the volume is read (JPEG 2000)")
        print("  still being read at the end" if not session.scene.is_whole else "  it was whole before the end")
        until(lambda: not jobs.jobs)
        window.close()
        jobs.stop()


def _window_drag(window: Any, name: str) -> None:
    window.session.choose(tool="window_level")
    frames, drag = Frames(window), Drag(window.panes.panes["axial"])
    frames.run(drag.move)
    drag.end()
    frames.told(name)
