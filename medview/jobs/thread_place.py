"""A daemon thread of this process that works off jobs one after the other."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

from medview.jobs.job import Job
from medview.jobs.place import Listener
from medview.progress import Cancelled

_QUIET_S = 0.05  # progress is told at most twenty times a second: more costs the main thread for nothing


class ThreadPlace:
    """One daemon thread, started with the first job."""

    def __init__(self, listener: Listener, name: str) -> None:
        self._listener = listener
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"medview-{name}", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job."""
        self._queue.put(job)

    def stop(self) -> None:
        """Let the thread end after the job it is at; wait for that no longer than two seconds."""
        self._queue.put(None)
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            self._work(job)
            del job  # the last job's arrays must not live until the next one comes

    def _work(self, job: Job) -> None:
        told_s = 0.0

        def progress(fraction: float, text: str = "") -> None:
            nonlocal told_s
            job.check()
            now = time.monotonic()
            if now - told_s >= _QUIET_S or fraction >= 1.0:
                told_s = now
                self._listener.post_progress(job, fraction, text)

        def tell(value: Any) -> None:
            job.check()
            self._listener.post_partial(job, value)

        try:
            job.check()
            self._listener.post_started(job)
            value = job.work(progress) if job.on_partial is None else job.work(progress, tell)
        except Cancelled:
            self._listener.post_finished(job, "cancelled")
        except BaseException as error:  # decoders raise BaseException too (pyo3's PanicException)
            self._listener.post_finished(job, "failed", error=error)
        else:
            self._listener.post_finished(job, "done", value)
