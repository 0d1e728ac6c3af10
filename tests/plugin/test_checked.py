"""Answers that look whole and would mislead whoever reads them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.plugin.checked import checked
from medview.plugin.contract import Labels
from medview.plugin.discovery import Plugin, discover
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.geometry import Geometry
from tests.plugin.folders import MANIFEST, threshold_plugin, volume_of, write_plugin

CONCEPT = """
[[outputs.concepts]]
id = "left_kidney"
label = "Left kidney"
category = { value = "49755003", scheme = "SCT", meaning = "Morphologically Abnormal Structure" }
type = { value = "18639004", scheme = "SCT", meaning = "Left kidney" }
"""
OUTPUTS = f"""
[[outputs]]
id = "boxes"
type = "boxes"
{CONCEPT}
[[outputs]]
id = "scores"
type = "scores"
{CONCEPT}
[[outputs]]
id = "value"
type = "measurement"
{CONCEPT}
[[outputs]]
id = "map"
type = "heat_map"

[[outputs]]
id = "curve"
type = "curve"

[[outputs]]
id = "image"
type = "image"
unit = "HU"

[[parameters]]
id = "level"
"""
CODE = """
import dataclasses
import numpy as np
from medview.plugin import Boxes, ClassScores, Concept, Curve, DerivedImage, HeatMap, MeasuredValue, ScoredBox

def run(request, context):
    shape = request.volume.array.shape
    left = request.concepts["left_kidney"]
    right = dataclasses.replace(left, label="Right kidney")
    low, high = (-0.5, -0.5, -0.5), (0.5, 0.5, 0.5)
    x = np.arange(2.0)
    return {answer}
"""
MISLEADING = {
    "a box under another name": ("Boxes((ScoredBox(right, 0.9, low, high),))", "left_kidney"),
    "a score under another name": ("ClassScores((right,), np.ones(1, np.float32), 'softmax')", "left_kidney"),
    "a value under another code": ("MeasuredValue(right, 3.0, 'ml')", "left_kidney"),
    "a map of another name": ("HeatMap('x', np.zeros(shape, np.uint8), 'saliency', right)", "left_kidney"),
    "a value without a unit": ("MeasuredValue(left, 3.0, '')", "a value without a unit"),
    "a threshold that is no number": (
        "Boxes((ScoredBox(left, 0.9, low, high),), float('nan'))",
        "values that are no numbers",
    ),
    "more boxes than anyone reads": ("Boxes((ScoredBox(left, 0.9, low, high),) * 65536)", "65536 boxes"),
    "a curve that leads to no slice": (
        "Curve('c', x, x, 'ms', 'ml', frame_indices=np.array([0, 7]))",
        "numbers that do not fit the images",
    ),
    "a curve with fewer places than values": (
        "Curve('c', x, x, 'ms', 'ml', frame_indices=np.array([0]))",
        "numbers that do not fit the images",
    ),
    "a mark nowhere": ("Curve('c', x, x, 'ms', 'ml', (('end', float('inf')),))", "values that are no numbers"),
    "an image in another unit": (
        "DerivedImage('d', np.zeros(shape, np.int16), 'denoised', 'BQML')",
        "an image in BQML where its manifest says HU",
    ),
}


def everything_plugin(folder: Path, answer: str) -> Plugin:
    write_plugin(
        folder, MANIFEST.replace('[[parameters]]\nid = "level"\n', OUTPUTS, 1), CODE.replace("{answer}", answer)
    )
    (plugin,) = discover([folder])
    assert isinstance(plugin, Plugin), plugin
    return plugin


@pytest.mark.parametrize("what", MISLEADING)
def test_what_would_mislead_is_refused(what: str, tmp_path: Path) -> None:
    answer, said = MISLEADING[what]
    with pytest.raises(MedViewError, match=said):
        PluginRun(everything_plugin(tmp_path, answer), volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unheard)


@pytest.mark.parametrize(
    "answer",
    [
        "Boxes((ScoredBox(left, 0.9, low, high),))",
        "MeasuredValue(left, 3.0, 'ml')",
        "HeatMap('x', np.zeros(shape, np.uint8), 'saliency', left)",
        "HeatMap('x', np.zeros(shape, np.uint8), 'probability', Concept('bright', 'Bright'))",
        "Curve('c', x, x, 'ms', 'ml', (('end', 1.0),), np.array([1, 0]))",
        "DerivedImage('d', np.zeros(shape, np.int16), 'denoised', 'HU')",
    ],
)
def test_what_is_as_declared_is_kept(answer: str, tmp_path: Path) -> None:
    result = PluginRun(everything_plugin(tmp_path, answer), volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unheard)
    assert len(result.answers) == 1


def test_looking_at_labels_takes_little_beside_them(tmp_path: Path) -> None:
    """What is counted is widened to 64 bits: a whole volume at once would be eight times the labels."""
    manifest = threshold_plugin(tmp_path).manifest
    labels = np.zeros((40, 500, 500), dtype=np.uint8)
    labels[7, 3, 4] = 2
    tracemalloc.start()
    (kept,) = checked(
        Labels(labels, manifest.segments({})),
        manifest,
        manifest.defaults(),
        Geometry(labels.shape, np.eye(4)),
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(kept, Labels)
    assert [segment.number for segment in kept.segments] == [2]
    assert peak < labels.nbytes / 2
