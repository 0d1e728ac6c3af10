"""Run a plugin where its manifest wants it, and wait for its result: for the command line and for scripts."""

from __future__ import annotations

import time

from medview.errors import MedViewError, Sentence
from medview.jobs.job import Job
from medview.jobs.job_queue import JobQueue
from medview.plugin.contract import Result
from medview.plugin.environment import own_python
from medview.plugin.run import PluginRun
from medview.progress import Progress
from medview.study.segmentation import Source

_ASK_S = 0.02


def run_to_end(run: PluginRun, progress: Progress) -> Result:
    """Return the result of a run in the worker process, in one of its own, or in the plugin's own Python.

    As in the window, a plugin that crashes or fills the memory ends its process and not this one. What ends the wait,
    Ctrl+C too, ends the process with all that it has started.

    Raises
    ------
    MedViewError
        The run was refused or failed, its process ended, its packages are not installed, or what came back is of other
        images.
    """
    manifest = run.plugin.manifest
    done: list[Result] = []
    failed: list[BaseException] = []
    python = own_python(run.plugin)
    jobs = JobQueue()
    try:
        job = jobs.submit(
            Sentence(manifest.name),
            run,
            place="gpu",
            on_done=done.append,
            on_failed=failed.append,
            is_alone=manifest.runtime.isolation == "process",
            python=python,
        )
        _wait(jobs, job, progress)
    finally:
        _stop(jobs)
    if failed:
        raise failed[0]
    return _of_these_images(done[0], run)


def _wait(jobs: JobQueue, job: Job, progress: Progress) -> None:
    """Tell how far a job is until it has ended."""
    told = (0.0, "")
    while not job.is_finished:
        jobs.deliver()
        if (job.fraction, job.text) != told:
            told = job.fraction, job.text
            progress(*told)
        time.sleep(_ASK_S)


def _stop(jobs: JobQueue) -> None:
    """End every process, also for somebody who presses Ctrl+C once more."""
    while True:
        try:
            jobs.stop()
        except KeyboardInterrupt:
            continue
        return


def _of_these_images(result: Result, run: PluginRun) -> Result:
    """Refuse a result that says it is of other images: in its process a plugin can say so of its own."""
    series, geometry = run.volume.series, run.volume.geometry
    if result.source != Source.of(series) or not result.geometry.same_grid(geometry):
        raise MedViewError(
            "{plugin} gave back {what}: a fault of the plugin, and nothing was kept.",
            "Report it to the plugin's authors.",
            plugin=run.plugin.manifest.name,
            what="a result of other images",
        )
    return result
