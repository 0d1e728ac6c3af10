"""Whatever a plugin does, there is one clear notice, its result is not kept, and the program goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.jobs.job import Job
from medview.jobs.job_queue import JobQueue
from medview.plugin.discovery import Plugin
from medview.plugin.run import PluginRun
from tests.jobs import works
from tests.plugin.folders import threshold_plugin, volume_of

HOSTILE = {
    "ends its process": ("os.abort()", r"Threshold ended the process it ran in"),
    "reads where nothing is": ("ctypes.string_at(0)", r"Threshold ended the process it ran in"),
    "leaves the process": ("os._exit(3)", r"Threshold ended the process it ran in \(exit code 3\)"),
    "ends Python": ("sys.exit(1)", r"The model failed: SystemExit: 1"),
    "wants a terabyte": ("np.ones(1 << 37)", r"needs more memory than there is"),
    "raises": ("raise KeyError('layer')", r"The model failed: KeyError: 'layer'"),
    "gives another shape": (
        "return Labels(np.ones((9, 9, 9), np.uint8), request.segments)",
        r"labels of shape \(9, 9, 9\)",
    ),
    "gives no numbers": (
        "return HeatMap('x', np.full(shape, np.nan, np.float32), 'saliency')",
        r"an answer of type heat_map that its manifest does not declare",
    ),
    "gives nothing": ("return None", r"an answer of type NoneType"),
    "changes its images": (
        "request.volume.array[:] = 0",
        r"The model failed: ValueError: assignment destination is read-only",
    ),
    "writes into its own folder": (
        "open(os.path.join(os.path.dirname(__file__), 'notes.txt'), 'w').write('x'); return good",
        r"Threshold changed notes\.txt in its own folder",
    ),
    "changes its own code": (
        "open(__file__, 'a').write('# changed'); return good",
        r"Threshold changed threshold\.py in its own folder",
    ),
    "imports the inside of the program": (
        "from medview.session.session import Session; return good",
        r"The plugin Threshold imports medview\.session\.session, the inside of the program",
    ),
    "imports the program as a whole": ("import medview; return good", r"imports medview, the inside of the program"),
    "tells with a class that only it knows": (
        "time.sleep(0.2); context.progress(0.5, own_text('x')); time.sleep(9)",
        r"Threshold sent something that cannot be read",
    ),
    "writes into the program's pipe": (
        "[c.send_bytes(b'junk') for c in gc.get_objects() if isinstance(c, Connection)]; time.sleep(9)",
        r"Threshold sent something that cannot be read",
    ),
    "tells of progress without numbers": (
        "time.sleep(0.2); context.progress('half', 5); return good",
        r"Threshold sent something",
    ),
    "is no Python": ("return good)", r"The plugin Threshold cannot be loaded: SyntaxError"),
}


def hostile_plugin(folder: Path, deed: str) -> Plugin:
    code = f"""
import ctypes, gc, os, sys, time
from multiprocessing.connection import Connection
import numpy as np
from medview.plugin import HeatMap, Labels

class own_text(str):
    pass

def run(request, context):
    shape = request.volume.array.shape
    good = Labels(np.ones(shape, np.uint8), request.segments)
    {deed}
"""
    return threshold_plugin(folder, code=code)


@pytest.fixture(scope="module")
def jobs() -> Iterator[JobQueue]:
    queue = JobQueue()
    yield queue
    queue.stop()


def failed(jobs: JobQueue, plugin: Plugin, *, is_alone: bool = False) -> BaseException:
    """Return the one error of a run, having seen that the next job runs."""
    told: list[BaseException] = []
    kept: list[object] = []
    work = PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))
    job = jobs.submit(
        plugin.manifest.name, work, place="gpu", on_failed=told.append, on_done=kept.append, is_alone=is_alone
    )
    jobs.wait(job, timeout_s=60)
    after = jobs.submit("Add", works.answer, place="gpu")
    jobs.wait(after)
    assert (after.state, kept) == ("done", [])
    (error,) = told
    return error


@pytest.mark.parametrize("what", HOSTILE)
def test_one_clear_notice_and_the_program_goes_on(what: str, jobs: JobQueue, tmp_path: Path) -> None:
    deed, said = HOSTILE[what]
    error = failed(jobs, hostile_plugin(tmp_path, deed))
    assert isinstance(error, MedViewError)
    with pytest.raises(MedViewError, match=said):
        raise error
    assert error.remedy


@pytest.mark.parametrize("deed", ["while True: pass", "ctypes.PyDLL(None).sleep(3600)", "time.sleep(3600)"])
def test_what_never_ends_is_ended_by_a_cancel(deed: str, jobs: JobQueue, tmp_path: Path) -> None:
    kept: list[object] = []
    work = PluginRun(hostile_plugin(tmp_path, deed), volume_of(np.ones((2, 3, 4), dtype=np.float32)))
    job = jobs.submit("Threshold", work, place="gpu", on_done=kept.append, is_alone=True)
    wait_until_running(jobs, job)
    job.cancel()
    jobs.wait(job, timeout_s=10)
    after = jobs.submit("Add", works.answer, place="gpu")
    jobs.wait(after)
    assert (job.state, after.state, kept) == ("cancelled", "done", [])


def wait_until_running(jobs: JobQueue, job: Job) -> None:
    while job.state != "running":
        jobs.deliver()
