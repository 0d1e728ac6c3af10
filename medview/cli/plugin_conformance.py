"""`medview plugin test`: the conformance suite on one plugin, each run of it in the worker process."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medview.cli.answer import Answer
from medview.cli.options import options_of
from medview.errors import MedViewError
from medview.progress import Progress

if TYPE_CHECKING:
    from medview.jobs.job_queue import JobQueue
    from medview.plugin.conformance.row import Row
    from medview.plugin.conformance.trial import Observation, Runner, Trial
    from medview.plugin.discovery import Plugin

_LIMIT_S = 900.0  # of one run; what takes longer is taken for something that never ends
_GRACE_S = 10.0
_MARKS = {"passed": "passed", "failed": "FAILED", "does not apply": "-"}


def test(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Run the suite and tell a row for each test; it fails where one of them does."""
    from medview.files.formats.nifti import read_volume
    from medview.jobs.job_queue import JobQueue
    from medview.plugin.conformance.bench import Bench
    from medview.plugin.conformance.conformance_suite import conformance

    plugin = _plugin(arguments.plugin)
    options = options_of(arguments.option)
    plugin.manifest.parse_parameters(options)  # a wrong one is told before anything is run
    jobs = JobQueue()
    try:
        bench = Bench(
            plugin, queue_runner(jobs, plugin), read_volume, arguments.device, options=options, size=arguments.size
        )
        rows = list(conformance(bench, progress, _known(arguments.only)))
    finally:
        jobs.stop()
    return _answer(plugin, rows)


def queue_runner(jobs: JobQueue, plugin: Plugin, limit_s: float = _LIMIT_S) -> Runner:
    """Return what runs trials at the place "gpu": a plugin that crashes or hangs there ends its own process alone."""
    from medview.plugin.environment import own_python

    def run(trial: Trial) -> Observation:
        done: list[Observation] = []
        failed: list[BaseException] = []
        is_alone = plugin.manifest.runtime.isolation == "process"
        name = plugin.manifest.name
        job = jobs.submit(
            name, trial, place="gpu", on_done=done.append, on_failed=failed.append, is_alone=is_alone,
            python=own_python(plugin),
        )  # fmt: skip
        try:
            jobs.wait(job, timeout_s=limit_s)
        except TimeoutError as error:
            job.cancel()
            jobs.wait(job, timeout_s=_GRACE_S)
            raise MedViewError("It had not ended after {seconds:.0f} s.", seconds=limit_s) from error
        if failed:
            raise failed[0]
        return done[0]

    return run


def _plugin(told: str) -> Plugin:
    """Return the plugin of a folder, or of an id."""
    from medview.plugin.discovery import BrokenPlugin, discover, find

    path = Path(told)
    if not (path / "plugin.toml").is_file():
        return find(told, discover())
    folder = path.resolve()
    found = next(one for one in discover([folder.parent]) if one.folder == folder)
    if isinstance(found, BrokenPlugin):
        raise MedViewError(
            "{path} is no plugin: {reason}", "medview plugin check {path} says all.", path=path, reason=found.reason
        )
    return found


def _known(names: Iterable[str]) -> list[str]:
    """Return the names of tests; MedViewError where there is no such test."""
    from medview.plugin.conformance.conformance_suite import TESTS

    for name in names:
        if name not in TESTS:
            raise MedViewError("There is no test {name}.", "Tests: {known}.", name=name, known=", ".join(TESTS))
    return list(names)


def _answer(plugin: Plugin, rows: list[Row]) -> Answer:
    counts = {state: sum(row.state == state for row in rows) for state in _MARKS}
    data: dict[str, Any] = {
        "plugin": plugin.manifest.id,
        "version": plugin.manifest.version,
        "counts": {state.replace(" ", "_"): count for state, count in counts.items()},
        "rows": [{"name": row.name, "state": row.state.replace(" ", "_"), "message": row.said} for row in rows],
    }
    width = max(len(row.name) for row in rows)
    lines = [f"{row.name:{width}}  {_MARKS[row.state]:7} {_first_line(row.said)}" for row in rows]
    lines.append(", ".join(f"{count} {state}" for state, count in counts.items()))
    if not counts["failed"]:
        return Answer(data, "\n".join(lines))
    error = MedViewError(
        "{count} {count:test has|tests have} failed.",
        "The table says which, and what was seen.",
        count=counts["failed"],
    )
    return Answer(data, "\n".join(lines), error, is_report=True)


def _first_line(text: str) -> str:
    """Return the first line of a text: the rest of a traceback stands in the JSON."""
    return text.splitlines()[0] if text else ""
