"""How long a run takes to end after Cancel, at random moments: a model that looks often, and work that never looks.

Run with ``python tests/benchmarks/bench_cancel.py``, or ``make bench SUITE=cancel``. A second is promised.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from medview.files.demo_study import prepare  # noqa: E402
from medview.files.pixels.dicom_pixels import read_volume  # noqa: E402
from medview.files.scanning.dicom_scan import scan  # noqa: E402
from medview.jobs.job import Work  # noqa: E402
from medview.jobs.job_queue import JobQueue  # noqa: E402
from medview.plugin.discovery import discover, find  # noqa: E402
from medview.plugin.run import PluginRun  # noqa: E402
from tests.benchmarks.bound_line import bound_line  # noqa: E402
from tests.jobs import works  # noqa: E402

ROUNDS, PROMISED_S = 8, 1.0


def main() -> None:
    """Print a row for each kind of work."""
    volume = read_volume(scan(prepare().folder).studies[0].series[0])
    brain = PluginRun(find("brain_extraction", discover()), volume, {}, "cpu")
    print(f"{'work':44} {'median s':>9} {'longest s':>10}")
    for name, work, longest_s in (
        ("brain_extraction, at 0.1 to 4 s of its run", brain, 4.0),
        ("Python that never looks", works.deaf, 1.0),
        ("a C call that holds the interpreter", works.hold_gil, 1.0),
    ):
        waits = [_wait_s(work, random.Random(seed).uniform(0.1, longest_s)) for seed in range(ROUNDS)]
        print(f"{name:44} {statistics.median(waits):9.2f} {max(waits):10.2f}")
        print(bound_line("  longest", max(waits), PROMISED_S, "s"), flush=True)


def _wait_s(work: Work, after_s: float) -> float:
    """Return the seconds from Cancel to the end of a job that has run for a while."""
    jobs = JobQueue()
    job = jobs.submit("Run", work, place="gpu")
    while job.state == "queued":
        jobs.deliver()
        time.sleep(0.002)
    time.sleep(after_s)
    start = time.monotonic()
    job.cancel()
    jobs.wait(job, timeout_s=30)
    waited = time.monotonic() - start
    jobs.stop()
    return waited


if __name__ == "__main__":
    import os

    with tempfile.TemporaryDirectory() as home:
        os.environ["MEDVIEW_HOME"] = home
        main()
