"""Whatever a plugin does, there is one clear notice, its result is not kept, and the program goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.jobs.job import Job
from medview.jobs.job_queue import JobQueue
from medview.plugin.contract import Result
from medview.plugin.discovery import Plugin, discover
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.session.run_apart import run_apart
from medview.study.finding import DerivedImage
from medview.study.segmentation import Source
from tests.jobs import works
from tests.plugin.folders import MANIFEST, threshold_plugin, volume_of, write_plugin

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
    "gives what it never declared": (
        "return HeatMap('x', np.full(shape, 9, np.uint8), 'saliency')",
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
    "imports the inside under a written name": (
        "importlib.import_module('medview.jobs.worker_main'); return good",
        r"The plugin Threshold imports medview\.jobs\.worker_main, the inside of the program",
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
import ctypes, gc, importlib, os, sys, time
from multiprocessing.connection import Connection
import numpy as np
from medview.plugin import HeatMap, Labels

class own_text(str):
    pass

def root_of(array):
    return root_of(array.base) if isinstance(array, np.ndarray) else array

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


NOT_A_NUMBER = {
    "labels": ("labels", "Labels(np.full(shape, np.nan, np.float32), request.segments)", "labels of shape"),
    "images": ("image", "DerivedImage('x', np.full(shape, np.nan, np.float32), 'denoised')", "values that are no num"),
    "endless images": ("image", "DerivedImage('x', np.full(shape, np.inf, np.float32), 'denoised')", "values that are"),
    "a map": ("heat_map", "HeatMap('x', np.full(shape, np.nan, np.float32), 'saliency')", "type float32: a fault"),
    "scores": (
        "scores",
        "ClassScores((kind,), np.array([np.nan], np.float32), 'softmax')",
        "values that are no numbers",
    ),
    "a curve": (
        "curve",
        "Curve('x', np.arange(2.0), np.array([0.0, np.nan]), 'ms', 'ml')",
        "values that are no numbers",
    ),
    "a value": ("measurement", "MeasuredValue(kind, float('nan'), 'ml')", "values that are no numbers"),
    "a box": ("boxes", "Boxes((ScoredBox(kind, float('nan'), (0, 0, 0), (1, 1, 1)),))", "ValueError: no box"),
}
CONCEPT = """
[[outputs.concepts]]
id = "ill"
label = "Ill"
category = { value = "1", scheme = "99T", meaning = "x" }
type = { value = "2", scheme = "99T", meaning = "y" }
"""


def plugin_of(folder: Path, kind: str, code: str) -> Plugin:
    """Return a plugin that declares one more output of a kind."""
    concept = CONCEPT if kind in ("scores", "measurement", "boxes") else ""
    output = "" if kind == "labels" else f'[[outputs]]\nid = "more"\ntype = "{kind}"\n{concept}\n'
    write_plugin(folder, MANIFEST.replace("[[parameters]]", f"{output}[[parameters]]", 1), code)
    (plugin,) = discover([folder])
    assert isinstance(plugin, Plugin), plugin
    return plugin


@pytest.mark.parametrize("what", NOT_A_NUMBER)
def test_what_is_no_number_is_not_kept_whatever_it_stands_for(what: str, jobs: JobQueue, tmp_path: Path) -> None:
    kind, answer, said = NOT_A_NUMBER[what]
    code = f"""
import numpy as np
from medview.plugin import (
    Boxes, ClassScores, Curve, DerivedImage, HeatMap, Labels, MeasuredValue, ScoredBox,
)

def run(request, context):
    shape, kind = request.volume.array.shape, request.concepts.get("ill")
    return {answer}
"""
    with pytest.raises(MedViewError, match=said):
        raise failed(jobs, plugin_of(tmp_path, kind, code))


FORGED = """
import gc
import numpy as np
from medview.plugin import Labels

def run(request, context):
    for fact in WHICH:
        if type(fact).__name__ == "Series":
            object.__setattr__(fact, "series_instance_uid", "9.9.9")
            object.__setattr__(fact, "instances", fact.instances[:1])
        elif type(fact).__name__ == "Geometry":
            object.__setattr__(fact, "affine", np.diag([9.0, 9.0, 9.0, 1.0]))
    return Labels(np.ones(request.volume.array.shape, np.uint8), request.segments)
"""


def test_a_result_is_bound_to_its_images_though_the_plugin_calls_them_others(jobs: JobQueue, tmp_path: Path) -> None:
    code = FORGED.replace("WHICH", "(request.volume.series, request.volume.geometry)")
    volume, kept = volume_of(np.ones((2, 3, 4), dtype=np.float32)), list[Result]()
    work = PluginRun(threshold_plugin(tmp_path, code=code), volume)
    jobs.wait(jobs.submit("Threshold", work, place="gpu", on_done=kept.append), timeout_s=60)
    (result,) = kept
    assert result.source == Source.of(volume.series)
    assert result.series.series_instance_uid == "1.2.3.4"
    assert result.geometry.same_grid(volume.geometry)


def test_a_result_that_says_it_is_of_other_images_is_dropped(tmp_path: Path) -> None:
    """A plugin that changes the program's own facts, where it runs: its answer comes back as another series'."""
    plugin = threshold_plugin(tmp_path / "plugins", code=FORGED.replace("WHICH", "gc.get_objects()"))
    volume = volume_of(np.ones((2, 3, 4), dtype=np.float32))
    with pytest.raises(MedViewError, match="Threshold gave back a result of other images: a fault of the plugin"):
        run_apart(PluginRun(plugin, volume), unheard)


WRITES = {
    "the array": "a.setflags(write=True)",
    "what it is a view of": "a = np.frombuffer(root_of(a), a.dtype)",
    "the address": "a = (ctypes.c_float * a.size).from_address(a.ctypes.data)",
}


@pytest.mark.parametrize("how", WRITES)
def test_the_images_on_the_screen_stay_as_they_are_whatever_a_plugin_writes(
    how: str, jobs: JobQueue, tmp_path: Path
) -> None:
    deed = f"a = request.volume.array; {WRITES[how]}; a[:] = [9] * len(a) if isinstance(a, ctypes.Array) else 9"
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    volume = volume_of(array.copy())
    work = PluginRun(hostile_plugin(tmp_path, f"{deed}; return good"), volume)
    job = jobs.submit("Threshold", work, place="gpu")
    jobs.wait(job, timeout_s=60)
    assert job.is_finished
    np.testing.assert_array_equal(volume.array, array)


def test_images_that_are_given_back_as_the_answer_are_not_taken_away(jobs: JobQueue, tmp_path: Path) -> None:
    code = (
        "from medview.plugin import DerivedImage\n"
        "def run(r, c):\n    return DerivedImage('Same', r.volume.array, 'denoised')\n"
    )
    plugin = plugin_of(tmp_path, "image", code)
    volume = volume_of(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    for _ in range(2):  # the second run finds the images where the first has left them
        kept = list[Result]()
        job = jobs.submit("Threshold", PluginRun(plugin, volume), place="gpu", on_done=kept.append)
        jobs.wait(job, timeout_s=60)
        assert job.state == "done", job.error
        (image,) = kept[0].answers
        assert isinstance(image, DerivedImage)
        np.testing.assert_array_equal(image.array, volume.array)
        del kept, image, job
