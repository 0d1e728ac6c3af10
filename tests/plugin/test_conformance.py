"""The conformance suite passes what behaves, and each planted fault fails in its own row."""

from __future__ import annotations

import hashlib
import pickle
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from medview.cli.plugin_conformance import queue_runner
from medview.errors import MedViewError
from medview.files.formats.nifti import read_volume
from medview.jobs.job_queue import JobQueue
from medview.paths import shipped_plugins_folder
from medview.plugin.authoring.new_plugin import NewTask, new_plugin
from medview.plugin.conformance.bench import Bench, Limits
from medview.plugin.conformance.conformance_suite import conformance
from medview.plugin.conformance.row import Row
from medview.plugin.conformance.specimen import Specimen
from medview.plugin.conformance.trial import Observation, Runner, Trial
from medview.plugin.discovery import Plugin, discover
from medview.plugin.plugin_fault_error import NothingFoundError, PluginFaultError
from medview.progress import unheard

TASKS: tuple[NewTask, ...] = ("segment", "classify", "detect", "enhance")
CONTENDED = Limits(silence_s=20.0, stop_s=20.0)  # several tests share a core: how fast, the slow runs say


@pytest.fixture(autouse=True, scope="module")
def _one_core() -> Iterator[None]:
    """Let torch compute small arrays on one core: the other one has other tests to run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def here(trial: Trial) -> Observation:
    return trial(unheard)


def plugin_of(folder: Path) -> Plugin:
    found = {one.folder: one for one in discover([folder.parent])}[folder]
    assert isinstance(found, Plugin), found
    return found


def suite(plugin: Plugin, *only: str, runner: Runner = here, limits: Limits = CONTENDED) -> dict[str, Row]:
    """Return the rows by their names."""
    return {row.name: row for row in conformance(Bench(plugin, runner, read_volume, "cpu", limits), unheard, only)}


def failed(rows: dict[str, Row]) -> dict[str, str]:
    return {name: row.said for name, row in rows.items() if row.state == "failed"}


@pytest.mark.parametrize("task", TASKS)
def test_a_plugin_to_begin_with_passes(task: NewTask, tmp_path: Path) -> None:
    rows = suite(plugin_of(new_plugin("mine", task, tmp_path)))
    assert failed(rows) == {}
    assert {row.state for row in rows.values()} == {"passed"}
    assert len(rows) >= 19


@pytest.mark.parametrize("task", TASKS)
def test_a_plugin_without_code_passes(task: NewTask, tmp_path: Path) -> None:
    rows = suite(plugin_of(new_plugin("mine", task, tmp_path, with_code=False)))
    assert failed(rows) == {}
    assert [name for name, row in rows.items() if row.state == "does not apply"] == ["parameters"]


def shipped() -> list[str]:
    return sorted(path.parent.name for path in shipped_plugins_folder().glob("*/plugin.toml"))


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_plugin_has_a_test_that_runs_the_whole_suite_on_it(name: str) -> None:
    """In the file of its own tests, so that test processes share the runs."""
    own = Path(__file__).resolve().parents[1] / "plugins" / f"test_{name}.py"
    (test,) = (part for part in own.read_text(encoding="utf-8").split("\ndef ") if "whole_conformance_suite" in part)
    assert f'conformance_of("{name}"' in test


def test_a_smaller_patient_is_the_same_one_and_options_hold_in_every_run(tmp_path: Path) -> None:
    plugin, tried = plugin_of(new_plugin("mine", "segment", tmp_path)), list[Trial]()

    def told(trial: Trial) -> Observation:
        tried.append(trial)
        return here(trial)

    bench = Bench(plugin, told, read_volume, "cpu", CONTENDED, {"level": 150}, 0.25)
    rows = {row.name: row for row in conformance(bench, unheard, ("plain", "anisotropic", "parameters", "self_tests"))}
    assert failed(rows) == {}
    whole = Specimen.of(plugin.manifest).plain()
    assert np.array_equal(tried[0].volume.array, whole.array)
    assert tried[0].volume.geometry.spacing_mm == pytest.approx([side / 4 for side in whole.geometry.spacing_mm])
    assert [trial.parameters["level"] for trial in tried] == [150, 150, "100", "600", 150]
    assert tried[-1].volume.geometry.same_grid(whole.geometry)  # a self test is of the patient its author had


def test_a_fault_and_nothing_found_stay_what_they_are_between_processes() -> None:
    for kind in (PluginFaultError, NothingFoundError, MedViewError):
        error = pickle.loads(pickle.dumps(kind("{plugin} gave {what}.", "Report it.", plugin="Mine", what=7)))
        seen = Observation(refusal=error)
        assert (seen.is_fault, seen.is_refused) == (kind is PluginFaultError, kind is MedViewError)
        assert (str(error.message), str(error.remedy)) == ("Mine gave 7.", "Report it.")


def test_seconds_are_counted_by_the_clock_that_is_given(tmp_path: Path) -> None:
    folder = new_plugin("mine", "segment", tmp_path)
    code = (folder / "mine.py").read_text()
    asleep = "    import time; time.sleep(0.3)\n"  # and computes nothing
    (folder / "mine.py").write_text(code.replace("    labels = np", f"{asleep}    labels = np"))
    plugin = plugin_of(folder)
    assert "progress" in failed(suite(plugin, "progress", limits=Limits(0.25, 0.25)))
    assert failed(suite(plugin, "progress", limits=Limits(0.25, 0.25, time.process_time))) == {}


LOOP = """
    for number, image in enumerate(images):
        context.progress(number / len(images), "Comparing")
        labels[number][image >= request.parameters["level"]] = 1
"""
# what it does instead, the tests that are run, and the row that must fail
PLANTED: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "thinks that slices go from feet to head": (
        "context.progress(0.5, 'x'); half = len(images) // 2; labels[:half][images[:half] > 200] = 1",
        ("orientation",), "orientation: flipped", "Dice 0.",
    ),
    "forgets to turn its answer back": (
        "context.progress(0.5, 'x'); labels[:] = np.flip(images > 200, 2)",
        ("anisotropic", "orientation"), "orientation: sagittal", "Dice 0.",
    ),
    "takes voxels for cubes": (
        ("context.progress(0.5, 'x'); far = np.indices(images.shape).T - (np.array(images.shape) - 1) / 2; "
        "labels[np.linalg.norm(far, axis=-1).T * request.volume.geometry.spacing_mm[2] < 60] = 1"),
        ("anisotropic",), "anisotropic spacing", "Dice 0.",
    ),
    "goes on when it is stopped": (
        "try: [context.progress(0.5, 'x') for _ in range(2)]\n    except BaseException: pass\n    labels[:] = 1",
        ("cancel",), "cancel", "went on all the same",
    ),
    "hears too late": (
        "context.progress(0.5, 'x'); time.sleep(0.3); context.progress(0.6, 'x'); labels[:] = 1",
        ("cancel",), "cancel", "after it was stopped",
    ),
    "rolls dice": (
        "context.progress(0.5, 'x'); labels[:] = np.random.default_rng().random(images.shape) > 0.5",
        ("determinism",), "determinism", "Dice 0.",
    ),
    "writes into its images": (
        "context.progress(0.5, 'x'); images.base[:] = 7; labels[:] = 1",
        ("input",), "input unchanged", "written into the images",
    ),
    "needs a second slice": (
        f"{LOOP}    labels[1] = 0", ("one_slice",), "one slice", "IndexError",
    ),
    "gives a label that it has not declared": (
        "context.progress(0.5, 'x'); labels[images > 200] = 7", ("plain",), "plain", "labels [7]",
    ),
    "tells no progress": ("labels[images > 200] = 1", ("progress",), "progress", "never calls context.progress"),
    "is silent for too long": (
        "context.progress(0.5, 'x'); time.sleep(0.3); labels[:] = 1", ("progress",), "progress", "told 1 times",
    ),
    "fails where nothing is to be seen": (
        f"assert images.min() < images.max(){LOOP}", ("even_images",), "constant images", "AssertionError",
    ),
    "writes into its folder": (
        "context.progress(0.5, 'x'); open(__file__ + '.log', 'w').close(); labels[:] = 1",
        ("folder",), "folder unchanged", "mine.py.log was written",
    ),
    "calls half an answer a whole one": (
        ("try:\n        for number, image in enumerate(images):\n"
        "            context.progress(number / len(images), 'x'); labels[number][image > 200] = 1\n"
        "    except MemoryError: pass"),
        ("memory",), "out of memory", "an answer, Dice 0.",
    ),
    "falls over an option": (
        f"1 / (600 - request.parameters['level']){LOOP}", ("parameters",), "parameter level = 600", "ZeroDivision",
    ),
    "finds something else than it promises": (
        "context.progress(0.5, 'x'); labels[images > 700] = 1", ("self_tests",), "self test 1: volume_ml of 1", "772.2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_fault_fails_in_its_own_row(what: str, tmp_path: Path) -> None:
    deed, only, row, said = PLANTED[what]
    folder = new_plugin("mine", "segment", tmp_path)
    (folder / "mine.py").write_text(f"""
import time
import numpy as np
from medview.plugin import Labels

def run(request, context):
    images = request.volume.array
    labels = np.zeros(images.shape, dtype=np.uint8)
    {deed}
    return Labels(labels, request.segments)
""")
    limits = Limits(0.25, 0.25) if "too l" in what else CONTENDED
    rows = suite(plugin_of(folder), *only, limits=limits)
    assert rows[row].state == "failed", rows
    assert said in rows[row].said


def test_values_that_are_no_numbers_fail(tmp_path: Path) -> None:
    folder = new_plugin("mine", "enhance", tmp_path)
    code = (folder / "mine.py").read_text()
    code = code.replace("dtype=np.int16", "dtype=np.float32").replace(
        "    return", "    cleaned[0] = np.nan\n    return"
    )
    (folder / "mine.py").write_text(code)
    assert "values that are no numbers" in failed(suite(plugin_of(folder), "plain"))["plain"]


class _Scaled(torch.nn.Module):
    """Divides by the deviation, which even images do not have."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.cat([images * 0.0, images / images.std()], dim=1)


def test_a_network_that_gives_no_numbers_is_a_fault_and_no_refusal(tmp_path: Path) -> None:
    folder = new_plugin("mine", "segment", tmp_path, with_code=False)
    torch.jit.trace(_Scaled(), torch.rand(1, 1, 64, 64, 64)).save(folder / "network.pt")
    (folder / "network.onnx").unlink()
    content = (folder / "network.pt").read_bytes()
    text = (folder / "plugin.toml").read_text().replace("network.onnx", "network.pt").replace('"onnx"', '"torchscript"')
    text = re.sub("[0-9a-f]{64}", hashlib.sha256(content).hexdigest(), text)
    (folder / "plugin.toml").write_text(re.sub(r"bytes = \d+", f"bytes = {len(content)}", text))
    rows = suite(plugin_of(folder), "plain", "even_images")
    assert rows["plain"].state == "passed"
    assert "values that are no numbers" in failed(rows)["empty images"]


def test_what_ends_its_process_or_never_ends_is_told_and_the_suite_goes_on(tmp_path: Path) -> None:
    folder = new_plugin("mine", "segment", tmp_path)
    code = (folder / "mine.py").read_text()
    deed = """    import os, time
    if len(images) == 1: os._exit(3)
    while images.max() == -1000: time.sleep(1)
"""
    (folder / "mine.py").write_text(code.replace("    labels = np", f"{deed}    labels = np"))
    plugin, jobs = plugin_of(folder), JobQueue()
    try:
        rows = suite(plugin, "one_slice", "even_images", "plain", runner=queue_runner(jobs, plugin, limit_s=6.0))
    finally:
        jobs.stop()
    assert "ended the process it ran in (exit code 3)" in failed(rows)["one slice"]
    assert failed(rows)["empty images"] == "It had not ended after 6 s."
    assert rows["plain"].state == "passed"


def test_without_weights_nothing_applies_and_it_says_how_to_get_them(tmp_path: Path) -> None:
    folder = new_plugin("mine", "segment", tmp_path, with_code=False)
    (folder / "network.onnx").unlink()
    rows = suite(plugin_of(folder))
    assert {row.state for row in rows.values()} == {"does not apply"}
    assert "medview models install mine" in rows["plain"].said
