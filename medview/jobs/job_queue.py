"""Work submitted by the main thread, done elsewhere, delivered to the main thread."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from psygnal import Signal

from medview.errors import Sentence
from medview.jobs.job import Job, PlaceName, State, Work
from medview.jobs.place import Place
from medview.jobs.process_pool import ProcessPool
from medview.jobs.thread_place import ThreadPlace
from medview.jobs.worker_place import WorkerPlace

logger = logging.getLogger(__name__)
Delivery = Callable[[], None]


class JobQueue:
    """The jobs of a session.

    Parameters
    ----------
    wake
        Called from any thread when `deliver` has something to do; the gui makes it post an event.
    worker_process
        False runs "gpu" work on a thread of this process: for the command line and for tests of plugins.

    Attributes
    ----------
    workers
        The processes for work on data of foreign origin; they start with their first task. Use them from any thread.
    """

    added = Signal(Job)
    finished = Signal(Job)

    def __init__(self, wake: Callable[[], None] = lambda: None, *, worker_process: bool = True) -> None:
        self.wake = wake
        self._worker_process = worker_process
        self._inbox: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._places: dict[PlaceName, Place] = {}
        self.workers = ProcessPool()
        self.jobs: tuple[Job, ...] = ()

    def submit(
        self,
        title: str | Sentence,
        work: Work,
        *,
        place: PlaceName = "files",
        on_done: Callable[[Any], None] | None = None,
        on_failed: Callable[[BaseException], None] | None = None,
        on_partial: Callable[[Any], None] | None = None,
        about: str = "",
        silent: bool = False,
        frees: bool = False,
        is_alone: bool = False,
        python: Path | None = None,
        guest: str | None = "",
    ) -> Job:
        """Queue `work` and return its job at once.

        Parameters
        ----------
        work
            ``work(progress) -> value``. For the place "gpu" it must be picklable.
        on_done, on_failed
            Called on the main thread with the value or the error; neither is called for a cancelled job.
        on_partial
            Where it is given, the work is called as ``work(progress, tell)``, and each value it tells reaches
            `on_partial` on the main thread, in order and before `on_done`; none does once the job is unwanted. For the
            place "gpu" the values must be picklable. `tell` raises Cancelled, as `progress` does.
        about
            Study Instance UID of the study the job works for; closing the study cancels it.
        silent
            Not shown to a person (a 3D frame, a thumbnail).
        frees
            It lets go of what is bound to the thread of its place, and is done even while everything is cancelled.
        is_alone
            Of the place "gpu": in a process of its own, which is ended after it.
        python
            The interpreter of that process: another than the program's, with packages of its own.
        guest
            Of the place "gpu": whose foreign code is run (`Job.guest`).
        """
        told = title if isinstance(title, Sentence) else Sentence(title)
        where: dict[str, Any] = {"is_alone": is_alone, "python": python, "guest": guest}
        job = Job(told, work, place, about=about, silent=silent, frees=frees, **where)
        job.on_done, job.on_failed, job.on_partial = on_done, on_failed, on_partial
        self.jobs = (*self.jobs, job)
        self.added.emit(job)
        self._place(place).submit(job)
        return job

    def deliver(self) -> None:
        """Apply what the places have sent. Call on the main thread, after `wake`."""
        while True:
            try:
                delivery = self._inbox.get_nowait()
            except queue.Empty:
                return
            delivery()

    def wait(self, job: Job, timeout_s: float = 600.0) -> None:
        """Deliver until `job` has finished: for scripts and tests without an event loop."""
        end = time.monotonic() + timeout_s
        while not job.is_finished:
            if time.monotonic() > end:
                raise TimeoutError(str(job.title))
            self.deliver()
            time.sleep(0.002)

    def warm_up(self) -> None:
        """Start the worker process, so that the first run need not wait for it."""
        place = self._place("gpu")
        if isinstance(place, WorkerPlace):
            place.warm_up()

    def renew_worker(self) -> None:
        """Start the worker process anew before its next job; a job that runs is not disturbed."""
        place = self._places.get("gpu")
        if isinstance(place, WorkerPlace):
            place.renew()

    def cancel_all(self) -> None:
        """Cancel every job that is not finished, but no stroke and no result on its way to the disk."""
        for job in self.jobs:
            if job.place not in ("journal", "results"):
                job.cancel()

    def stop(self) -> None:
        """Cancel everything and end the threads and the worker process."""
        self.cancel_all()
        self.workers.stop()
        for place in self._places.values():
            place.stop()
        self._places.clear()

    def _place(self, name: PlaceName) -> Place:
        if name not in self._places:
            use_process = name == "gpu" and self._worker_process
            self._places[name] = WorkerPlace(self) if use_process else ThreadPlace(self, name)
        return self._places[name]

    # Called by places, from their threads: each posts a change to the main thread.

    def post_started(self, job: Job) -> None:
        """Tell that the work has begun."""
        self._post(lambda: self._start(job))

    def post_progress(self, job: Job, fraction: float, text: str) -> None:
        """Tell how far the work is."""
        self._post(lambda: self._move(job, fraction, text))

    def post_partial(self, job: Job, value: Any) -> None:
        """Bring a value that the work tells before its end."""
        self._post(lambda: self._take_partial(job, value))

    def post_finished(self, job: Job, state: State, value: Any = None, error: BaseException | None = None) -> None:
        """Tell how the work ended."""
        self._post(lambda: self._finish(job, state, value, error))

    def _post(self, delivery: Delivery) -> None:
        self._inbox.put(delivery)
        self.wake()

    def _start(self, job: Job) -> None:
        job.started_s = time.monotonic()
        if job.state == "queued":
            job.state = "running"
        job.changed.emit()

    def _move(self, job: Job, fraction: float, text: str) -> None:
        if job.is_finished:
            return
        job.fraction = min(max(job.fraction, fraction), 1.0)
        job.text = text or job.text
        job.changed.emit()

    def _take_partial(self, job: Job, value: Any) -> None:
        if job.on_partial is not None and not job.is_finished and not job.cancel_requested:
            job.on_partial(value)

    def _finish(self, job: Job, state: State, value: Any, error: BaseException | None) -> None:
        if job.is_finished:
            return
        # a result that arrives after the person said stop is a result nobody wants
        job.state = "cancelled" if job.cancel_requested and state != "failed" else state
        job.error = error
        self.jobs = tuple(other for other in self.jobs if other is not job)
        try:
            _hand_over(job, value, error)
        finally:  # whoever shows that it runs, or what it has found so far, learns of the end whatever becomes of it
            job.changed.emit()
            job.finished.emit()
            self.finished.emit(job)
            job.let_go()


def _hand_over(job: Job, value: Any, error: BaseException | None) -> None:
    """Give the value or the error of a job that has ended to who waits for it; nothing of one that was cancelled."""
    if job.state == "done":
        job.fraction = 1.0
        if job.on_done is not None:
            job.on_done(value)
    elif job.state == "failed" and error is not None:
        logger.info("job failed: %s", type(error).__name__)
        if job.on_failed is not None:
            job.on_failed(error)
