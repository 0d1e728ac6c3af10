"""Opening, running and closing again and again leaves nothing behind; nor does a process that is killed."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medview.files.dicom_write import write_series
from medview.plugin.discovery import find
from medview.session.run_plugin import run_plugin
from medview.study.geometry import Geometry
from medview.study.series import Patient, Series, StudyFacts
from tests.walk import reading_rounds
from tests.walk.holdings import holdings, library_files, shared_memory
from tests.walk.person import Person

ROOT = Path(__file__).resolve().parents[2]
_LIBRARY_FILES = 12  # index, log and shared log of the connections of four threads
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts what Linux tells in /proc")


@pytest.fixture
def trunk(tmp_path: Path) -> Path:
    """Return a folder with a CT of a trunk with two lungs."""
    z, y, x = np.ogrid[-1:1:40j, -1:1:96j, -1:1:96j]
    ct = np.broadcast_to(np.where((x / 0.8) ** 2 + (y / 0.6) ** 2 < 1, 40, -1000), (40, 96, 96)).astype(np.int16)
    for side in (-0.35, 0.35):
        ct[((x - side) / 0.22) ** 2 + (y / 0.4) ** 2 + (z / 0.8) ** 2 < 1] = -850
    geometry = Geometry.from_axes(
        (40, 96, 96), origin=(-200, -200, 0), slice_step=(0, 0, 7), row_step=(0, 4, 0), column_step=(4, 0, 0)
    )
    series = Series("", "", modality="CT", series_number=1, series_description="Trunk")
    write_series(ct, geometry, series, StudyFacts("", patient=Patient("Trunk", "1")), tmp_path / "ct")
    return tmp_path / "ct"


def _cycle(person: Person, folder: Path) -> None:
    """Open, show, run, close."""
    person.drops(folder)
    person.clicks(person.window.plugin_panel.button)
    person.waits_until(lambda: not person.session.jobs.jobs)
    assert person.mask.labels.any()
    person.waits_until(lambda: not person.session.jobs.jobs)
    person.window.commands.actions["close_study"].trigger()
    person.waits_until(lambda: person.session.scene is None and not person.session.jobs.jobs)
    for notice in person.session.notices.notices:
        person.session.notices.dismiss(notice)
    person.qtbot.wait(600)  # timers that follow the last change
    person.waits_until(lambda: not person.session.jobs.jobs)


def test_five_rounds_of_open_run_and_close_leave_nothing_behind(person: Person, trunk: Path) -> None:
    gc.collect()
    before = shared_memory()  # of other tests
    held = []
    for _ in range(5):
        _cycle(person, trunk)
        assert shared_memory() <= before, "a closed volume is freed at once, not when the interpreter collects cycles"
        held.append(holdings(person.session))
    assert held[-1] == held[2], "after the first rounds, which load and warm up, nothing may grow"
    assert 0 < library_files() <= _LIBRARY_FILES


def test_reading_in_every_layout_leaves_nothing_behind(person: Person, trunk: Path) -> None:
    """Hold two rounds through all layouts against each other; `make bench SUITE=cycles` does two hundred."""
    held = []
    for number in range(2 * len(reading_rounds.LAYOUTS)):
        reading_rounds.begin(person.window, trunk)
        person.waits_until(lambda: person.session.scene is not None and not person.session.jobs.jobs)
        reading_rounds.read(person.window, number)
        person.waits_until(lambda: not person.session.jobs.jobs)
        reading_rounds.end(person.window)
        person.waits_until(lambda: not person.session.scenes and not person.session.jobs.jobs)
        if number % len(reading_rounds.LAYOUTS) == len(reading_rounds.LAYOUTS) - 1:
            person.qtbot.wait(600)  # timers that follow the last change
            person.waits_until(lambda: not person.session.jobs.jobs)
            held.append(holdings(person.session))
    assert held[1] == held[0]


def test_a_worker_that_is_killed_in_a_run_leaves_no_shared_memory(person: Person, trunk: Path) -> None:
    gc.collect()
    before = shared_memory()
    person.drops(trunk)
    _kill_the_worker_in_a_run(person)
    person.clicks(person.window.plugin_panel.button)
    person.waits_until(lambda: not person.session.jobs.jobs)
    assert person.mask.labels.any()
    person.window.commands.actions["close_study"].trigger()
    person.waits_until(lambda: not person.session.jobs.jobs)
    person.qtbot.wait(600)
    gc.collect()
    assert shared_memory() <= before


def _kill_the_worker_in_a_run(person: Person) -> None:
    run_plugin(person.session, find("body_and_lungs", person.session.plugins), {})
    (job,) = (job for job in person.session.jobs.jobs if job.place == "gpu")
    person.waits_until(lambda: job.state == "running")
    (worker,) = _workers(os.getpid())
    os.kill(worker, signal.SIGKILL)
    person.waits_until(lambda: job.is_finished)
    assert job.state == "failed"
    assert "ended the process it ran in" in person.told()


def test_a_program_that_is_killed_in_a_run_leaves_neither_worker_nor_shared_memory(
    trunk: Path, medview_home: Path
) -> None:
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication
        from medview.app import make_window
        from medview.jobs.job_queue import JobQueue
        from medview.session.open_folder import open_folder
        from tests.jobs import works

        def run():
            if window.session.scene is None:
                return
            timer.stop()
            volume = window.session.scene.volume
            job = jobs.submit("Run", works.Endless(volume), place="gpu")
            job.changed.connect(lambda: print("running", flush=True) if job.state == "running" else None)

        if __name__ == "__main__":
            application = QApplication([])
            jobs = JobQueue()
            window = make_window(application, jobs)
            window.show()
            open_folder(window.session, Path(sys.argv[1]))
            timer = QTimer()
            timer.timeout.connect(run)
            timer.start(20)
            application.exec()
        """
    )
    file = medview_home / "program.py"
    file.write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, str(file), str(trunk)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "running\n"
        (worker,) = _workers(program.pid)
        held = shared_memory(program.pid)
        assert held
        program.kill()
        program.wait()
        _wait_until(lambda: not Path(f"/proc/{worker}").exists())
        _wait_until(lambda: not any(Path("/dev/shm", name).exists() for name in held))


def _workers(parent: int) -> list[int]:
    """Return the worker processes of a program: its children that are not the tracker of shared memory."""
    tasks = Path(f"/proc/{parent}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "still so after ten seconds"
        time.sleep(0.05)
