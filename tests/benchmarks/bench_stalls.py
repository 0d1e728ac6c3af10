"""For how long the window stands still while a person works: the longest wait of the event loop for each action.

Run with ``python tests/benchmarks/bench_stalls.py``, or ``make bench SUITE=stalls``. The real window with the real job
queue, on a virtual screen where there is no other, acted on through Qt's events. A timer of 4 ms notes how late it
comes. "own" is lateness without the time that the main thread spent in the system's queue for a processor: that is the
machine's fault, not the program's. The last column is what the main thread was at when it was longest late, as seen
from another thread; "(holds the interpreter)" where nothing could look. Medians of several processes; asserts nothing.
Then, in a circle: open, show, run, close; and what the process holds at the end.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from medview.files.dicom_write import write_series
from medview.study.geometry import Geometry
from medview.study.series import Patient, Series, StudyFacts

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("MEDVIEW_BENCH_ROUNDS", "3"))
CYCLES = int(os.environ.get("MEDVIEW_BENCH_CYCLES", "60"))
TICK_S = 0.004
LIMIT_S = 0.016
LONG_S = 300.0


# what is measured on


def ct_values() -> Any:
    """Return a CT of 512x512x300: a body with lungs, bone and noise."""
    z, y, x = np.ogrid[-1:1:300j, -1:1:512j, -1:1:512j]
    body = (x / 0.8) ** 2 + (y / 0.6) ** 2 < 1
    ct = np.where(body, 40, -1000).astype(np.int16) + (20 * np.sin(20 * z)).astype(np.int16)
    for side in (-0.35, 0.35):
        ct[((x - side) / 0.22) ** 2 + (y / 0.4) ** 2 + (z / 0.8) ** 2 < 1] = -850
    ct[(x**2 + (y - 0.4) ** 2 < 0.005) & (z < 2)] = 700
    ct += np.random.default_rng(1).integers(-20, 20, ct.shape, dtype=np.int16)
    return ct


def make_ct(folder: Path) -> None:
    """Write the CT of 300 slices."""
    _write(ct_values(), 0.8, 1.0, folder, "CT", 1, "1")


def make_data(folder: Path) -> None:
    """Write a CT of 300 slices, a head of 192, and a study of 40 series of 50 images each."""
    ct = ct_values()
    make_ct(folder / "ct")
    _write(ct[::6, ::4, ::4], 3.2, 6.0, folder / "small", "CT", 1, "4")
    _write(ct[54:246, 128:384, 128:384], 1.0, 1.0, folder / "head", "MR", 1, "2")
    for number in range(1, 41):
        _write(ct[100:150, 200:264, 200:264], 2.0, 2.0, folder / "many" / str(number), "MR", number, "3")


def _write(array: Any, pixel_mm: float, slice_mm: float, folder: Path, modality: str, number: int, study: str) -> None:
    geometry = Geometry.from_axes(
        (array.shape[0], array.shape[1], array.shape[2]),
        origin=(-200, -200, -150),
        slice_step=(0, 0, slice_mm),
        row_step=(0, pixel_mm, 0),
        column_step=(pixel_mm, 0, 0),
    )
    series = Series("", "", modality=modality, series_number=number, series_description=f"Series {number}")
    facts = StudyFacts("", study_date="20260101", patient=Patient(f"Bench^{study}", study))
    write_series(array, geometry, series, facts, folder)


# how it is measured


@dataclass
class Stalls:
    """How late the timer came during one action."""

    name: str
    late_s: list[float] = field(default_factory=list)
    own_s: list[float] = field(default_factory=list)
    worst_at: str = ""
    worst_s: float = 0.0

    def row(self) -> dict[str, Any]:
        """Return the figures of one round."""
        own = np.array(self.own_s or [0.0])
        return {
            "name": self.name,
            "longest": 1000 * max(self.late_s, default=0.0),
            "own": 1000 * float(own.max()),
            "p95": 1000 * float(np.percentile(own, 95)),
            "count": int((own > LIMIT_S).sum()),
            "at": self.worst_at,
        }


class Probe:
    """A timer on the main thread, and a thread that looks what keeps it from ringing."""

    def __init__(self) -> None:
        self.rows: list[Stalls] = []
        self._now: Stalls | None = None
        self._rung_s = time.perf_counter()
        self._queued_s = _queued_s()
        self._seen = ""
        self._main = threading.main_thread().ident or 0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * TICK_S))
        self._timer.timeout.connect(self._ring)
        self._timer.start()
        threading.Thread(target=self._look, daemon=True).start()

    @contextmanager
    def action(self, name: str) -> Iterator[None]:
        """Measure what happens inside, until the window has come to rest."""
        rest(0.3)
        self._now = Stalls(name)
        self.rows.append(self._now)
        yield
        rest(0.1)
        self._now = None
        row = self.rows[-1].row()
        print(f"  {row['name']:<44}{row['longest']:8.1f}{row['own']:8.1f}  {row['at']}", file=sys.stderr, flush=True)

    def _ring(self) -> None:
        now, queued = time.perf_counter(), _queued_s()
        late = max(0.0, now - self._rung_s - TICK_S)
        own = max(0.0, late - (queued - self._queued_s))
        if self._now is not None:
            self._now.late_s.append(late)
            self._now.own_s.append(own)
            if own > max(self._now.worst_s, LIMIT_S):
                self._now.worst_s, self._now.worst_at = own, self._seen or "(holds the interpreter)"
        self._seen = ""
        self._rung_s, self._queued_s = time.perf_counter(), queued

    def _look(self) -> None:
        while True:
            time.sleep(0.003)
            if time.perf_counter() - self._rung_s > LIMIT_S and not self._seen:
                self._seen = _culprit(self._main)


def _queued_s() -> float:
    """Return for how long the calling thread has waited for a processor; 0 where the system does not tell."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def _culprit(main: int) -> str:
    """Return what the main thread is at, or, where it only waits for the interpreter, what the other threads are at."""
    frames = sys._current_frames()
    place = _place(frames.pop(main, None))
    if place:
        return place
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    others = [f"{names.get(ident, '')}: {_place(frame)}" for ident, frame in frames.items() if _place(frame)]
    busy = [other for other in others if "_place.py" not in other]
    return "; ".join(busy) or "(Qt, or no processor)"


def _place(frame: Any) -> str:
    """Return the innermost line of ours and the innermost line of all; "" where none is ours."""
    inner = ""
    while frame is not None:
        name = Path(frame.f_code.co_filename)
        line = f"{name.parent.name}/{name.name}:{frame.f_lineno}"
        inner = inner or line
        if {"medview", "plugins"} & set(name.parts):
            return line if line == inner else f"{line} ({inner})"
        frame = frame.f_back
    return ""


def until(condition: Callable[[], object], limit_s: float = LONG_S) -> None:
    """Let the window live until something is so."""
    loop, timer, end = QEventLoop(), QTimer(), time.monotonic() + limit_s
    timer.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > end else None)
    timer.start(10)
    loop.exec()
    timer.stop()
    if time.monotonic() > end:
        raise TimeoutError


def rest(seconds: float) -> None:
    """Let the window live for a while."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() >= end)


def step(work: Callable[[], object], after_s: float = 0.012) -> None:
    """Do something as the event loop would, and let it be painted."""
    QTimer.singleShot(0, work)
    rest(after_s)


# what a person does


class Walk:
    """A walk through the window, action by action."""

    def __init__(self, data: Path) -> None:
        from medview.app import make_window
        from medview.jobs.job_queue import JobQueue
        from medview.session.keep_journal import KeptJournals

        self.data = data
        self.application = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(self.application, QApplication)
        self.jobs = JobQueue()
        self.probe = Probe()
        self.action = self.probe.action
        with self.action("make window"):
            step(lambda: setattr(self, "window", make_window(self.application, self.jobs)))  # type: ignore[arg-type]
        self.window: Any
        self.session = self.window.session
        self.session.settings["hanging"] = False  # the panes that are used are those of the layout "mpr"
        self.journals = KeptJournals(self.session)

    def busy(self) -> bool:
        """Whether anything but the journal is being worked at."""
        return bool(self.jobs.jobs)

    def settled(self) -> None:
        """Wait until nothing is going on."""
        until(lambda: not self.busy())
        rest(0.6)
        until(lambda: not self.busy())

    def go(self) -> None:
        """Walk through everything."""
        from medview.app import warm_up

        with self.action("show window"):
            step(self.window.show)
            rest(0.6)
        with self.action("start the worker, load VTK"):
            step(lambda: warm_up(self.jobs))
            rest(2.0)
            self.settled()
        self.open("head", "scan 192 files, read, first paint, first 3D")
        self.run("brain_extraction", "run brain extraction, scrolling meanwhile")
        self.open("many", "scan 2,000 files of 40 series, thumbnails")
        self.open("ct", "scan, read and show a CT of 512x512x300")
        self.look()
        self.run("body_and_lungs", "run body and lungs on the CT, scrolling")
        self.mask()
        self.export()
        self.change()

    def open(self, name: str, title: str) -> None:
        """Open a folder and wait until it is on the screen."""
        from medview.session.open_folder import open_folder

        with self.action(title):
            step(lambda: open_folder(self.session, self.data / name))
            self.settled()

    def look(self, what: str = "") -> None:
        """Scroll, window, turn, maximise."""
        for plane in ("axial", "coronal", "sagittal"):
            with self.action(f"scroll 200 slices, {plane}{what}"):
                for number in range(200):
                    step(lambda n=number, p=plane: self.wheel(p, -120 if n < 100 else 120))  # type: ignore[misc]
        with self.action(f"drag the window{what}"):
            self.drag("axial", Qt.MouseButton.RightButton, 60)
        with self.action(f"turn the 3D view{what}"):
            self.drag("volume", Qt.MouseButton.LeftButton, 30)
            self.settled()

    def wheel(self, pane: str, angle: int) -> None:
        """Turn the wheel over a pane by one notch."""
        widget = self.window.panes.panes[pane]
        middle = QPointF(widget.width() / 2, widget.height() / 2)
        where = (middle, widget.mapToGlobal(middle), QPoint(0, 0), QPoint(0, angle))
        keys = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
        QApplication.sendEvent(widget, QWheelEvent(*where, *keys))

    def drag(self, pane: str, button: Qt.MouseButton, steps: int) -> None:
        """Drag over a pane in a wave."""
        widget: QWidget = self.window.panes.panes[pane]
        middle = QPoint(widget.width() // 2, widget.height() // 2)
        none = Qt.KeyboardModifier.NoModifier
        step(lambda: QTest.mousePress(widget, button, none, middle))
        for number in range(steps):
            at = middle + QPoint(number, round(20 * np.sin(number / 5)))
            step(lambda at=at: QTest.mouseMove(widget, at))  # type: ignore[misc]
        step(lambda: QTest.mouseRelease(widget, button, none, middle + QPoint(steps, 0)))

    def run(self, plugin: str, title: str) -> None:
        """Run a plugin on what is on the screen and scroll until its result is drawn."""
        from medview.plugin.discovery import Plugin, find
        from medview.session.run_plugin import run_plugin

        found: Plugin = find(plugin, self.session.plugins)
        masks = len(self.session.scene.study.segmentations)
        jobs: list[Any] = []
        with self.action(title):
            step(lambda: jobs.append(run_plugin(self.session, found, {})))
            number = 0
            while jobs and jobs[0] is not None and not jobs[0].is_finished and jobs[0].fraction < 0.9:
                step(lambda n=number: self.wheel("axial", -120 if n % 80 < 40 else 120), 0.03)  # type: ignore[misc]
                number += 1
        with self.action("  its result: overlay, volumes, surfaces, 3D"):
            until(lambda: not jobs or jobs[0] is None or jobs[0].is_finished)
            self.settled()
        if len(self.session.scene.study.segmentations) == masks:
            told = [str(n.message) for n in self.session.notices.notices][-1:]
            print(f"{plugin} gave nothing: {told}", file=sys.stderr)

    def mask(self) -> None:
        """Correct the mask on the screen."""
        from medview.session.edit_mask import clear_segment, new_segmentation
        from medview.session.undo import redo, undo

        scene = self.session.scene
        if scene.segmentation is None:
            with self.action("new mask"):
                step(lambda: new_segmentation(self.session))
                self.settled()
        self.look(" with mask")
        self.session.choose(tool="brush")
        for number, plane in enumerate(("axial", "coronal", "sagittal")):
            with self.action(f"brush, {plane}" + (", first stroke" if not number else "")):
                self.drag(plane, Qt.MouseButton.LeftButton, 40)
                self.settled()
        big = scene.segmentation.segments[0].number
        for title, verb in (
            ("undo", undo),
            ("redo", redo),
            ("clear a big segment", lambda session: clear_segment(session, big)),
            ("undo that", undo),
            ("redo that", redo),
            ("undo that again", undo),
        ):
            with self.action(title):
                step(lambda verb=verb: verb(self.session))  # type: ignore[misc]
                self.settled()
        self.session.choose(tool="window_level")

    def export(self) -> None:
        """Write the mask in every format."""
        from medview.session.export_segmentation import Kind, export_segmentation

        mask = self.session.scene.segmentation
        kinds: tuple[tuple[Kind, str], ...] = (("nifti", "mask.nii.gz"), ("stl", "mask.stl"), ("dicom_seg", "mask.dcm"))
        for kind, name in kinds:
            path = Path(os.environ["MEDVIEW_HOME"]) / name
            with self.action(f"export {name}"):
                step(lambda k=kind, p=path: export_segmentation(self.session, mask, p, k))  # type: ignore[misc]
                self.settled()

    def change(self) -> None:
        """Change series, language, layout; close everything."""
        from medview.session.close_study import close_study
        from medview.session.show_series import show_series

        ct = self.session.scene.study
        many = next(study for study in self.session.studies if len(study.series) == 40)
        for study, title in ((many, "change to another study's series"), (ct, "change back to the CT with mask")):
            with self.action(title):
                step(lambda study=study: show_series(self.session, study, study.series[0]))  # type: ignore[misc]
                self.settled()
        for language in ("zh_CN", "en"):
            with self.action(f"change the language to {language}"):
                step(lambda code=language: self.session.settings.__setitem__("language", code))  # type: ignore[misc]
                self.settled()
        with self.action("automatic window"):
            from medview.session.choose_window import auto_window

            step(lambda: auto_window(self.session))
            self.settled()
        with self.action("one pane and four again"):
            for pane in ("axial", None, "volume", None):
                step(lambda pane=pane: self.session.maximise(pane), 0.2)  # type: ignore[misc]
        with self.action("close the CT study"):
            step(lambda: close_study(self.session, ct))
            self.settled()
        with self.action("close the study of 40 series"):
            step(lambda: close_study(self.session, many))
            self.settled()

    def end(self) -> None:
        """Close the window and everything behind it."""
        for study in self.session.studies:
            for mask in study.segmentations:
                self.session.note_exported(mask, mask.revision)
        self.window.close()
        self.jobs.stop()
        self.journals.close()


# leaks


def cycles(walk: Walk, count: int) -> list[dict[str, float]]:
    """Open, show, run and close again and again; return what the process holds after each round."""
    from medview.plugin.discovery import find
    from medview.session.close_study import close_study
    from medview.session.open_folder import open_folder
    from medview.session.run_plugin import run_plugin
    from tests.walk.holdings import holdings, rss_mb

    plugin = find("body_and_lungs", walk.session.plugins)
    walk.window.show()
    held: list[dict[str, float]] = []
    for _ in range(count):
        open_folder(walk.session, walk.data / "small")
        until(lambda: walk.session.scene is not None and walk.session.scene.is_whole)
        run_plugin(walk.session, plugin, {})
        walk.settled()
        close_study(walk.session, walk.session.studies[0])
        for notice in walk.session.notices.notices:
            walk.session.notices.dismiss(notice)
        walk.settled()
        held.append({**holdings(walk.session), "RSS in MB": round(rss_mb(), 1)})
    return held


def growth(held: list[dict[str, float]]) -> str:
    """Return what is held after a warm-up and at the end, as text."""
    warm = min(10, len(held) - 1)
    lines = [f"{'held by the process':<46}{f'round {warm + 1}':>9}{f'round {len(held)}':>9}"]
    lines += [f"{name:<46}{held[warm][name]:9g}{held[-1][name]:9g}" for name in held[0]]
    return "\n".join(lines)


# the table


def one_round(data: Path, *, leaks: bool) -> list[dict[str, Any]]:
    """Walk once, in this process, or go in circles."""
    walk = Walk(data)
    try:
        if leaks:
            return cycles(walk, CYCLES)
        walk.go()
    finally:
        walk.end()
    return [row.row() for row in walk.probe.rows]


def table(rounds: list[list[dict[str, Any]]]) -> str:
    """Return medians over rounds as text."""
    lines = [f"{'action':<46}{'longest':>9}{'own':>8}{'p95':>7}{'> 16':>6}  at (ms; medians)"]
    for rows in zip(*rounds, strict=False):
        middle = {key: statistics.median(row[key] for row in rows) for key in ("longest", "own", "p95", "count")}
        at = max(rows, key=lambda row: row["own"])["at"]
        lines.append(
            f"{rows[0]['name']:<46}{middle['longest']:9.1f}{middle['own']:8.1f}{middle['p95']:7.1f}"
            f"{middle['count']:6.0f}  {at}"
        )
    return "\n".join(lines)


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """Provide a screen: the one there is, a virtual one, or Qt's own."""
    if os.environ.get("DISPLAY") or shutil.which("Xvfb") is None:
        yield {} if os.environ.get("DISPLAY") else {"QT_QPA_PLATFORM": "offscreen"}
        return
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1200x24"], pass_fds=(write,), stderr=subprocess.DEVNULL
    )
    try:
        yield {"DISPLAY": f":{os.read(read, 16).decode().strip()}"}
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Make the data, walk in processes of their own, print the table."""
    with tempfile.TemporaryDirectory() as folder, screen() as extra:
        data = Path(os.environ.get("MEDVIEW_BENCH_DATA", folder))
        if not (data / "many").is_dir():
            make_data(data)

        def walked(number: int, what: str) -> list[dict[str, Any]]:
            own = {"MEDVIEW_HOME": f"{folder}/home{number}", "PYTHONPATH": str(ROOT)}
            command = [sys.executable, __file__, what, str(data)]
            done = subprocess.run(command, env=os.environ | extra | own, stdout=subprocess.PIPE, check=True, cwd=ROOT)
            rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
            return rows

        if ROUNDS:
            print(table([walked(number, "--round") for number in range(ROUNDS)]))
        if CYCLES:
            print(growth(walked(ROUNDS, "--cycles")))


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(one_round(Path(sys.argv[2]), leaks=sys.argv[1] == "--cycles")))
    else:
        main()
