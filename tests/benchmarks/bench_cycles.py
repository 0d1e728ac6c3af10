"""What 200 rounds of open, read and close leave behind: ``make bench SUITE=cycles``.

The real window, every layout in turn. Memory (the process's own and its shared memory), widgets, threads and open files
after the first 40 rounds, which load and warm up, and after the last. Bound: 20 MB, and nothing of the others.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtWidgets import QApplication

from tests.benchmarks.bench_stalls import _write, ct_values, rest, screen, until
from tests.walk import reading_rounds

ROUNDS = int(os.environ.get("MEDVIEW_BENCH_CYCLES", "200"))
_WARM = 40
_EVERY = 20


def held() -> dict[str, float]:
    """Return what the process holds."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kib = {line.split(":")[0]: int(line.split()[1]) for line in status if line.startswith(("VmRSS", "RssShmem"))}
    return {
        "MB": round(kib["VmRSS"] / 1024, 1),
        "widgets": len(QApplication.allWidgets()),
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
    }


def main() -> None:
    """Print what is held every few rounds, and what has grown."""
    with tempfile.TemporaryDirectory() as home, screen() as shown:
        os.environ.update(shown, MEDVIEW_HOME=str(Path(home) / "home"))
        folder = Path(home) / "ct"
        _write(ct_values()[::6, ::4, ::4], 3.2, 6.0, folder, "CT", 1, "4")
        from medview.app import make_window
        from medview.jobs.job_queue import JobQueue

        application = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(application, QApplication)
        jobs = JobQueue()
        window = make_window(application, jobs)
        window.resize(1440, 900)
        window.show()
        rows = []
        for number in range(ROUNDS):
            reading_rounds.begin(window, folder)
            until(lambda: window.session.scene is not None and window.session.scene.is_whole and not jobs.jobs)
            reading_rounds.read(window, number)
            until(lambda: not jobs.jobs)
            reading_rounds.end(window)
            until(lambda: not window.session.scenes and not jobs.jobs)
            if number % _EVERY == _EVERY - 1:
                rest(1.0)
                rows.append((number + 1, held()))
                print(f"  after {number + 1:4d} rounds {rows[-1][1]}", flush=True)
        count, first = next((row for row in rows if row[0] >= _WARM), rows[0])
        print("  grown since round", count, {name: round(rows[-1][1][name] - first[name], 1) for name in first})
        window.close()
        jobs.stop()


if __name__ == "__main__":
    main()
