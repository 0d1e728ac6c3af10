"""The "gpu" place: one long-lived worker process, and one by itself for each job that wants it.

A plugin that crashes, hangs, holds the GIL or takes all memory harms nothing but itself: its process is ended with all
that it has started, and the worker is started anew.
"""

from __future__ import annotations

import logging
import pickle
import queue
import threading
import time
from typing import Any

from medview.errors import MedViewError
from medview.jobs.foreign_worker import ForeignWorker
from medview.jobs.job import Job
from medview.jobs.place import Listener
from medview.jobs.worker_process import WorkerProcess
from medview.memory import free_memory_mb, total_memory_mb

_WARM_UP = "warm up"
logger = logging.getLogger(__name__)
_GRACE_S = 0.7  # how long a plugin may take to notice a cancel before its process is ended
_WATCH_S = 0.2  # how often memory is looked at
_HEADROOM_MB = 1000  # what must stay free for the window and the system
_SUSPECT_MB = 1000  # a process that holds less is not what fills the memory


class WorkerPlace:
    """Hands jobs to the worker process one after the other and brings back what it says."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._queue: queue.SimpleQueue[Job | str | None] = queue.SimpleQueue()
        self._worker: WorkerProcess | None = None
        self._starting = threading.Lock()
        self._is_old = threading.Event()
        self._guest = ""  # whose foreign code has been in the long-lived process
        self._thread = threading.Thread(target=self._run, name="medview-gpu-link", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job."""
        self._queue.put(job)

    def warm_up(self) -> None:
        """Start the process where it is not there, without waiting.

        It is started by the thread of this place: on Linux it ends with the thread that has started it.
        """
        self._queue.put(_WARM_UP)

    def renew(self) -> None:
        """Start the process anew before the next job: what a plugin's code was is forgotten."""
        self._is_old.set()

    def stop(self) -> None:
        """End the thread and the process, within about two seconds."""
        self._queue.put(None)
        self._thread.join(timeout=2.0)
        self._end_shared()

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            if isinstance(job, str):
                self._shared()
            elif job.cancel_requested:
                self._listener.post_finished(job, "cancelled")
            else:
                self._work(job)
            del job  # the last job's arrays must not live until the next one comes

    def _work(self, job: Job) -> None:
        if self._is_old.is_set() or not self._is_welcome(job):
            self._is_old.clear()
            self._end_shared()
        if not job.is_alone:
            self._guest = job.guest or self._guest
        try:
            process = self._process_for(job)
            # the main thread's pickler would copy nothing, but a big volume's first sharing may take half a second
            process.connection.send_bytes(pickle.dumps(("run", (job.work, job.on_partial is not None)), protocol=5))
        except Exception as error:  # whatever cannot be sent or started is the job's failure
            self._end_shared()
            self._listener.post_finished(job, "failed", error=error)
            return
        self._listener.post_started(job)
        try:
            is_whole = self._follow(job, process)
        except (EOFError, OSError):
            self._tell_death(job, process.wait(1.0))
            is_whole = False
        except Exception as error:  # a plugin may send what only it can read: this thread must outlive it
            logger.info("a worker's message cannot be read", exc_info=error)
            self._listener.post_finished(job, "failed", error=_unreadable(job))
            is_whole = False
        if job.is_alone:
            process.end()
        elif is_whole:
            process.end_strays()
        else:
            self._end_shared()
            self.warm_up()

    def _is_welcome(self, job: Job) -> bool:
        """Whether no other guest has been where a job would work: what foreign code has changed stays changed."""
        return job.is_alone or job.guest is None or self._guest in ("", job.guest)

    def _process_for(self, job: Job) -> WorkerProcess:
        if job.python is not None:
            return ForeignWorker(job.python)
        return WorkerProcess() if job.is_alone else self._shared()

    def _follow(self, job: Job, process: WorkerProcess) -> bool:
        """Bring the process's messages home until the job has ended; False where the process must be ended."""
        asked_s: float | None = None
        looked_s = time.monotonic()
        while True:
            if process.connection.poll(0.02):
                kind, *rest = process.connection.recv()
                if self._heard(job, kind, rest):
                    return True
            if job.cancel_requested and asked_s is None:
                asked_s = time.monotonic()
                process.connection.send_bytes(pickle.dumps(("cancel", None)))
            if asked_s is not None and time.monotonic() - asked_s > _GRACE_S:
                self._listener.post_finished(job, "cancelled")
                return False
            if time.monotonic() - looked_s > _WATCH_S:
                looked_s = time.monotonic()
                if self._fills_memory(job, process):
                    return False

    def _fills_memory(self, job: Job, process: WorkerProcess) -> bool:
        """Whether the process has taken what the computer needs to go on; the job is told so."""
        if free_memory_mb() > min(_HEADROOM_MB, total_memory_mb() // 20):
            return False
        held_mb = process.memory_mb()
        if held_mb < _SUSPECT_MB:
            return False
        error = MedViewError(
            "{title} took {held} GB of memory and was stopped, before this computer ran out of it.",
            "Close other studies or programs, choose fewer slices or another model, or run it on a larger computer.",
            title=str(job.title),
            held=f"{held_mb / 1024:.1f}",
        )
        self._listener.post_finished(job, "failed", error=error)
        return True

    def _heard(self, job: Job, kind: str, rest: list[Any]) -> bool:
        """Pass one message on; True where the job has ended with it."""
        if kind == "progress":
            self._listener.post_progress(job, float(rest[0]), str(rest[1]))
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

    def _tell_death(self, job: Job, code: int | None) -> None:
        if job.cancel_requested:
            self._listener.post_finished(job, "cancelled")
            return
        error = MedViewError(
            "{title} ended the process it ran in (exit code {code}).",
            "Your images and masks are unharmed, and the process has been started anew. "
            "If it happens again, the model may need more memory than is free.",
            title=str(job.title),
            code=code,
        )
        self._listener.post_finished(job, "failed", error=error)

    def _shared(self) -> WorkerProcess:
        """Return the long-lived process, started where it is not there."""
        with self._starting:
            if self._worker is None or not self._worker.is_alive:
                self._worker = WorkerProcess()
            return self._worker

    def _end_shared(self) -> None:
        with self._starting:
            worker, self._worker = self._worker, None
            self._guest = ""
        if worker is not None:
            worker.end()


def _unreadable(job: Job) -> MedViewError:
    return MedViewError(
        "{title} sent something that cannot be read, and its process was ended.",
        "Your images and masks are unharmed. Report it to the plugin's authors.",
        title=str(job.title),
    )
