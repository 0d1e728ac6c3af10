"""The "gpu" place: one long-lived worker process, seen from the main process.

A plugin that crashes, hangs or holds the GIL harms nothing but itself: the worker is ended and started anew.
"""

from __future__ import annotations

import logging
import multiprocessing
import pickle
import queue
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from medview.errors import MedViewError
from medview.jobs import worker_main
from medview.jobs.job import Job
from medview.jobs.place import Listener

logger = logging.getLogger(__name__)
_GRACE_S = 0.7  # how long a plugin may take to notice a cancel before its process is ended


class WorkerPlace:
    """Hands jobs to the worker process one after the other and brings back what it says."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="medview-gpu-link", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job."""
        self._queue.put(job)

    def warm_up(self) -> None:
        """Start the process on a thread of its own, so that the caller does not wait."""
        threading.Thread(target=self._connected, name="medview-gpu-start", daemon=True).start()

    def stop(self) -> None:
        """End the thread and the process, within about two seconds."""
        self._queue.put(None)
        self._thread.join(timeout=2.0)
        self._end_process()

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.cancel_requested:
                self._listener.post_finished(job, "cancelled")
            else:
                self._work(job)
            del job  # the last job's arrays must not live until the next one comes

    def _work(self, job: Job) -> None:
        try:
            connection = self._connected()
            # the main thread's pickler would copy nothing, but a big volume's first sharing may take half a second
            connection.send_bytes(pickle.dumps(("run", (job.work, job.on_partial is not None)), protocol=5))
        except Exception as error:
            self._end_process()
            self._listener.post_finished(job, "failed", error=error)
            return
        self._listener.post_started(job)
        try:
            self._follow(job, connection)
        except (EOFError, OSError):
            self._tell_death(job)

    def _follow(self, job: Job, connection: Connection) -> None:
        """Bring the worker's messages home until the job has ended."""
        asked_s: float | None = None
        while True:
            if connection.poll(0.02):
                kind, *rest = connection.recv()
                if self._heard(job, kind, rest):
                    return
            if job.cancel_requested and asked_s is None:
                asked_s = time.monotonic()
                connection.send_bytes(pickle.dumps(("cancel", None)))
            if asked_s is not None and time.monotonic() - asked_s > _GRACE_S:
                self._end_process()
                self._listener.post_finished(job, "cancelled")
                self.warm_up()
                return

    def _heard(self, job: Job, kind: str, rest: list[Any]) -> bool:
        """Pass one message on; True where the job has ended with it."""
        if kind == "progress":
            self._listener.post_progress(job, rest[0], rest[1])
            return False
        if kind == "partial":
            self._listener.post_partial(job, rest[0])
            return False
        if kind == "done":
            self._listener.post_finished(job, "done", rest[0])
        elif kind == "failed":
            self._listener.post_finished(job, "failed", error=rest[0])
        else:
            self._listener.post_finished(job, "cancelled")
        return True

    def _tell_death(self, job: Job) -> None:
        process = self._process
        if process is not None:
            process.join(timeout=1.0)
        code = process.exitcode if process is not None else None
        self._end_process()
        if job.cancel_requested:
            self._listener.post_finished(job, "cancelled")
        else:
            error = MedViewError(
                "{title} ended the process it ran in (exit code {code}).",
                "Your images and masks are unharmed, and the process has been started anew. "
                "If it happens again, the model may need more memory than is free.",
                title=str(job.title),
                code=code,
            )
            self._listener.post_finished(job, "failed", error=error)
        self.warm_up()

    def _connected(self) -> Connection:
        with self._starting:
            if self._connection is None or self._process is None or not self._process.is_alive():
                context = multiprocessing.get_context("spawn")
                ours, theirs = context.Pipe()
                process = context.Process(target=worker_main.serve, args=(theirs,), name="medview-worker", daemon=True)
                process.start()
                theirs.close()
                self._process, self._connection = process, ours
            return self._connection

    def _end_process(self) -> None:
        with self._starting:
            process, connection = self._process, self._connection
            self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None and process.is_alive():
            process.kill()
            process.join(timeout=2.0)
