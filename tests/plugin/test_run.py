from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.plugin.discovery import Plugin, discover
from medview.plugin.run import PluginRun
from medview.progress import Cancelled, unheard
from medview.study.finding import ClassScores
from medview.study.geometry import Geometry
from tests.plugin.folders import MANIFEST, threshold_plugin, volume_of, write_plugin

RETURN = """
from medview.plugin import Labels
import numpy as np

def run(request, context):
    shape = request.volume.array.shape
"""


def random_affine(random: np.random.Generator) -> np.ndarray:
    """Return any affine with a volume: turned, sheared, mirrored."""
    while True:
        affine = np.eye(4)
        affine[:3, :3] = random.normal(size=(3, 3)) * random.uniform(0.5, 4.0)
        affine[:3, 3] = random.normal(scale=300.0, size=3)
        spacing = np.linalg.norm(affine[:3, :3], axis=0)
        if abs(np.linalg.det(affine[:3, :3])) > 0.05 and spacing.min() > 0.25 and spacing.max() < 19.0:
            return affine


@pytest.mark.parametrize("seed", range(25))
def test_a_result_lies_on_the_very_grid_of_its_images(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    shape = tuple(int(n) for n in random.integers(2, 12, size=3))
    geometry = Geometry((shape[0], shape[1], shape[2]), random_affine(random), "1.2.3.9")
    array = random.normal(size=shape).astype(np.float32)
    volume = volume_of(array, geometry)
    level = float(random.uniform(0.0, 0.5))
    result = PluginRun(threshold_plugin(tmp_path), volume, {"level": str(level)})(unheard)
    assert (result.labels.array == (array > level)).all()
    assert result.geometry is geometry
    assert result.source.sop_hash == volume.series.sop_hash
    assert result.series is volume.series


def test_a_result_says_where_it_comes_from(tmp_path: Path) -> None:
    plugin = threshold_plugin(tmp_path)
    volume = volume_of(np.arange(24.0, dtype=np.float32).reshape(2, 3, 4))
    result = PluginRun(plugin, volume, {"level": 20})(unheard)
    told = result.provenance
    assert told["plugin"] == "threshold"
    assert told["plugin_version"] == "1.2.3"
    assert told["manifest_sha256"] == hashlib.sha256((plugin.folder / "plugin.toml").read_bytes()).hexdigest()
    assert told["weights_sha256"] == {}
    assert told["device"] == "cpu"
    assert told["precision"] == "float32"
    assert told["parameters"] == {"level": 20.0, "detail": "low", "wait": False}
    assert set(told["seconds"]) == {"threshold", "total"}
    assert datetime.fromisoformat(told["started"]).utcoffset() is not None
    assert told["input"]["series_instance_uid"] == "1.2.3.4"
    assert told["input"]["sop_hash"] == volume.series.sop_hash
    assert [s.label for s in result.labels.segments] == ["Bright"]  # the second segment has no voxels


def test_a_run_can_be_sent_to_the_worker_process(tmp_path: Path) -> None:
    volume = volume_of(np.arange(24.0, dtype=np.float32).reshape(2, 3, 4))
    run = pickle.loads(pickle.dumps(PluginRun(threshold_plugin(tmp_path), volume, {"level": 20})))
    assert int(run(unheard).labels.array.sum()) == 3


def test_a_cancelled_run_ends_as_cancelled(tmp_path: Path) -> None:
    def unwanted(fraction: float, text: str = "") -> None:
        if fraction >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        PluginRun(threshold_plugin(tmp_path), volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unwanted)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Labels(np.zeros(shape, np.uint8), request.segments)", "found nothing in these images"),
        ("Labels(np.ones(shape[::-1], np.uint8), request.segments)", r"labels of shape \(4, 3, 2\) and type uint8"),
        ("Labels(np.ones(shape, np.int64), request.segments)", "type int64: a fault of the plugin"),
        ("Labels(np.full(shape, 9, np.uint8), request.segments)", r"labels \[9\] that its manifest does not declare"),
        ("Labels(np.full(shape, 2, np.uint8), request.segments[:1])", "does not declare"),
    ],
)
def test_what_breaks_the_contract_is_not_kept(answer: str, said: str, tmp_path: Path) -> None:
    plugin = threshold_plugin(tmp_path, code=f"{RETURN}    return {answer}\n")
    with pytest.raises(MedViewError, match=said):
        PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unheard)


SCORES = """
[[outputs]]
id = "class"
type = "scores"
scores = "softmax"

[[outputs.concepts]]
id = "ill"
label = "Ill"
threshold = 0.25
category = { value = "1", scheme = "99T", meaning = "x" }
type = { value = "2", scheme = "99T", meaning = "y" }

[[parameters]]
id = "level"
"""


def test_a_plugin_cannot_call_its_scores_calibrated_where_its_manifest_does_not(tmp_path: Path) -> None:
    code = f"""{RETURN}    from medview.plugin import ClassScores
    kinds = tuple(request.concepts.values())
    return ClassScores(kinds, np.array([0.9], np.float32), "calibrated", thresholds=(0.9,), bands=((0.8, 0.99),))
"""
    write_plugin(tmp_path, MANIFEST.replace('[[parameters]]\nid = "level"\n', SCORES, 1), code)
    (plugin,) = discover([tmp_path])
    assert isinstance(plugin, Plugin), plugin
    (answer,) = PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unheard).answers
    assert isinstance(answer, ClassScores)
    assert (answer.kind, answer.thresholds, answer.bands) == ("softmax", (0.25,), ())


def test_empty_labels_do_not_cost_what_else_was_said(tmp_path: Path) -> None:
    code = f"""{RETURN}    from medview.plugin import ClassScores
    kinds = tuple(request.concepts.values())
    scores = ClassScores(kinds, np.array([0.1], np.float32), "softmax")
    return Labels(np.zeros(shape, np.uint8), request.segments), scores
"""
    write_plugin(tmp_path, MANIFEST.replace('[[parameters]]\nid = "level"\n', SCORES, 1), code)
    (plugin,) = discover([tmp_path])
    assert isinstance(plugin, Plugin), plugin
    result = PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unheard)
    (scores,) = result.answers
    assert isinstance(scores, ClassScores)
    assert result.labels is None


@pytest.mark.parametrize(
    "part",
    [
        "Partial(1, np.ones((2, 3, 4), np.uint8))",
        "Partial(-1, np.ones((1, 3, 4), np.uint8))",
        "Partial(0, np.ones((1, 4, 3), np.uint8))",
        "Partial(0, np.ones((1, 3, 4)))",
        "Partial(0, np.full((1, 3, 4), 257, np.uint16))",  # which eight bits would hold as 1, another segment
        "'slices'",
    ],
)
def test_finished_slices_that_do_not_fit_are_not_told(part: str, tmp_path: Path) -> None:
    code = f"""{RETURN}    from medview.plugin import Partial
    context.emit({part})
    return Labels(np.ones(shape, np.uint8), request.segments)
"""
    told: list[object] = []
    with pytest.raises(MedViewError, match="finished slices that do not fit"):
        PluginRun(threshold_plugin(tmp_path, code=code), volume_of(np.ones((2, 3, 4), dtype=np.float32)))(
            unheard, told.append
        )
    assert told == []


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        ('units = ["HU"]', "Threshold needs values in HU, and those of these images are in no known unit"),
        ("maximum_fov_mm = 3.5", "Threshold is made for images of up to 3.5 mm, and these are 4 mm long"),
    ],
)
def test_values_in_another_unit_and_too_large_a_field_of_view_are_refused(
    demand: str, said: str, tmp_path: Path
) -> None:
    write_plugin(tmp_path, MANIFEST.replace("minimum_slices = 2", f"minimum_slices = 2\n{demand}"))
    (plugin,) = discover([tmp_path])
    assert isinstance(plugin, Plugin), plugin
    volume = volume_of(np.ones((2, 3, 4), dtype=np.float32))
    with pytest.raises(MedViewError, match=said):
        PluginRun(plugin, volume)(unheard)
    small = volume_of(np.ones((2, 3, 3), dtype=np.float32))
    assert PluginRun(plugin, replace(small, unit="HU"))(unheard).labels is not None


def test_a_run_on_images_that_do_not_fit_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    plugin = threshold_plugin(tmp_path, code="raise RuntimeError('imported')")
    with pytest.raises(MedViewError, match="is made for MR images"):
        PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32), modality="CT"))(unheard)
