"""A network run from the real window, on the real worker: when the second run begins, the wheel meanwhile, Cancel."""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtWidgets import QApplication

from tests.benchmarks.bench_stalls import make_ct, rest, screen, until
from tests.benchmarks.bound_line import bound_line
from tests.benchmarks.view_frames import Frames, wheel

SECOND_MS, FRAME_MS, CANCEL_S = 100.0, 33.0, 1.0
CANCELS = 6
PATCH = 96


class Heard:
    """When a job was asked for, and when it first told of each thing it does."""

    def __init__(self, session: Any, plugin: Any) -> None:
        from medview.session.run_plugin import run_plugin

        self._start_s = time.perf_counter()
        self.after_ms: dict[str, float] = {}
        self.job: Any = run_plugin(session, plugin, {})
        assert self.job is not None, [str(notice.message) for notice in session.notices.notices]
        self.job.changed.connect(self._note)

    def _note(self) -> None:
        self.after_ms.setdefault(self.job.text, 1000 * (time.perf_counter() - self._start_s))

    def cancel_s(self) -> float:
        """Cancel, and return the seconds until the job is over."""
        start = time.perf_counter()
        self.job.cancel()
        until(lambda: self.job.is_finished)
        return time.perf_counter() - start


def measure() -> None:
    """Print a line for each promise."""
    with tempfile.TemporaryDirectory() as home, screen() as shown:
        os.environ.update(shown)
        os.environ["MEDVIEW_HOME"] = f"{home}/medview"
        make_ct(Path(home) / "ct")
        _write_plugins(Path(home))
        window, jobs = _opened(Path(home) / "ct")
        try:
            _measured(window)
        finally:
            window.close()
            jobs.stop()
            rest(0.2)  # the window's last words to its screen, before that goes


def _measured(window: Any) -> None:
    from medview.plugin.discovery import find

    session = window.session
    quick, long = (find(name, session.plugins) for name in ("quick", "long"))
    runs = []
    for _ in range(3):
        heard = Heard(session, quick)
        until(lambda heard=heard: heard.job.is_finished)
        assert heard.job.state == "done", heard.job.error
        rest(2.0)
        runs.append(heard.after_ms)
    print(f"  first run: computing after {runs[0]['Resampling']:.0f} ms, first tile after {runs[0]['Looking']:.0f} ms")
    print(bound_line("second run of a plugin: it computes after", runs[1]["Resampling"], SECOND_MS, "ms"))
    print(bound_line("third run: it computes after", runs[2]["Resampling"], SECOND_MS, "ms"), flush=True)
    _scrolled(window, Heard(session, long))
    waits = [_cancelled(session, long, number) for number in range(CANCELS)]
    print(f"  cancel in the window, tiles of {PATCH}: median {statistics.median(waits):.2f} s")
    print(bound_line("cancel in the window, longest", max(waits), CANCEL_S, "s"), flush=True)


def _scrolled(window: Any, heard: Heard) -> None:
    until(lambda: "Looking" in heard.after_ms)
    rest(1.0)
    for plane in ("axial", "coronal", "sagittal"):
        frames = Frames(window)
        frames.run(lambda number, plane=plane: wheel(window.panes.panes[plane], number))  # type: ignore[misc]
        late = sorted(frames.late_ms)
        p95 = late[int(0.95 * (len(late) - 1))]
        print(bound_line(f"wheel over the {plane} pane while a network runs, p95", p95, FRAME_MS, "ms"))
        cpu = statistics.median(frames.cpu_ms)
        print(f"    median {statistics.median(late):.1f} ms, of the processor {cpu:.1f} ms a frame, torn {frames.torn}")
    assert not heard.job.is_finished, "the run was over before the scrolling"
    heard.cancel_s()


def _cancelled(session: Any, plugin: Any, seed: int) -> float:
    heard = Heard(session, plugin)
    until(lambda: heard.job.state == "running")
    rest(random.Random(seed).uniform(0.05, 4.0))
    return heard.cancel_s()


def _write_plugins(home: Path) -> None:
    import torch

    from tests.benchmarks.ai_plugin import write_plugin, write_torchscript
    from tests.benchmarks.bench_ai import NETWORKS, unet

    network = unet(NETWORKS["0.5 M"][0], 2)
    path = write_torchscript(network, torch.zeros(1, 1, PATCH, PATCH, PATCH), home / "net.pt")
    plugins = home / "medview" / "plugins"
    for name, spacing_mm in (("quick", 3.0), ("long", 1.5)):
        write_plugin(plugins, name, [path], 2, spacing_mm=spacing_mm, tiling={"patch": [PATCH] * 3})


def _opened(folder: Path) -> tuple[Any, Any]:
    from medview.app import make_window, warm_up
    from medview.jobs.job_queue import JobQueue
    from medview.session.layout import shipped_layout
    from medview.session.open_folder import open_folder

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    jobs = JobQueue()
    window = make_window(application, jobs)
    window.resize(1440, 900)
    window.show()
    session = window.session
    session.settings["hanging"] = False
    warm_up(jobs)
    open_folder(session, folder)
    until(lambda: session.scene is not None and session.scene.is_whole and not jobs.jobs)
    session.set_layout(shipped_layout("mpr"))
    until(lambda: not jobs.jobs and len(session.plugins) > 0)
    rest(3.0)
    return window, jobs


if __name__ == "__main__":
    measure()
