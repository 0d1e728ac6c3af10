"""Where jobs are worked off one after the other, and whom a place tells about it."""

from __future__ import annotations

from typing import Any, Protocol

from medview.jobs.job import Job, State


class Place(Protocol):
    """A thread or a process that works off jobs in order."""

    def submit(self, job: Job) -> None:
        """Queue a job."""

    def stop(self) -> None:
        """End the thread or process."""


class Listener(Protocol):
    """What a place tells, from its own threads; the job queue brings it to the main thread."""

    def post_started(self, job: Job) -> None:
        """Tell that the work has begun."""

    def post_progress(self, job: Job, fraction: float, text: str) -> None:
        """Tell how far the work is."""

    def post_partial(self, job: Job, value: Any) -> None:
        """Bring a value that the work tells before its end."""

    def post_finished(self, job: Job, state: State, value: Any = None, error: BaseException | None = None) -> None:
        """Tell how the work ended."""
