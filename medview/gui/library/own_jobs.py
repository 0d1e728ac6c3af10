"""Jobs whose answers only one widget wants."""

from __future__ import annotations

from medview.jobs.job import Job


class OwnJobs:
    """Keeps what a widget has asked for, so that nothing is delivered to a widget that is gone."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._is_released = False

    def add(self, job: Job) -> Job:
        """Keep a job until it is finished."""
        self._jobs = [known for known in self._jobs if not known.is_finished]
        self._jobs.append(job)
        if self._is_released:
            self.cancel()
        return job

    def replace(self, job: Job) -> Job:
        """Keep a job and drop the answers to all before it."""
        self.cancel()
        return self.add(job)

    def cancel(self) -> None:
        """Want no more answers."""
        for job in self._jobs:
            job.cancel()
        self._jobs = []

    def release(self) -> None:
        """Want no more answers from now on, also where the widget, while it goes, hears of something and asks again."""
        self._is_released = True
        self.cancel()
