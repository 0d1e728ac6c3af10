"""Do one work in a process beside this one and wait for its value: for the command line and for scripts."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from medview.errors import Sentence
from medview.jobs.job import Job, Work
from medview.jobs.job_queue import JobQueue
from medview.progress import Progress

_ASK_S = 0.05


def run_to_end(
    title: Sentence, work: Work, progress: Progress, *, is_alone: bool = False, python: Path | None = None
) -> Any:
    """Return the value of a work for the place "gpu"; its process ends with it, and all that the process has started.

    So it does where the wait is broken off: by Ctrl+C, or by `progress` raising.

    Parameters
    ----------
    work, is_alone, python
        As of `JobQueue.submit`.

    Raises
    ------
    MedViewError
        What the work raised, or that its process has crashed or filled the memory.
    """
    done: list[Any] = []
    failed: list[BaseException] = []
    jobs = JobQueue()
    try:
        job = jobs.submit(
            title, work, place="gpu", on_done=done.append, on_failed=failed.append, is_alone=is_alone, python=python
        )
        _wait(jobs, job, progress)
    finally:
        with _undisturbed():
            jobs.stop()
    if failed:
        raise failed[0]
    return done[0]


def _wait(jobs: JobQueue, job: Job, progress: Progress) -> None:
    """Tell how far a job is until it has ended: again and again, since whoever is told may break it off."""
    while not job.is_finished:
        jobs.deliver()
        progress(job.fraction, job.text)
        time.sleep(_ASK_S)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold off a second Ctrl+C until every process has ended: it would make Python take a running thread for ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
