"""A model that goes by strokes, in the real window: a stroke is painted, and what holds it is marked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from scipy import ndimage

import medview
from medview.errors import MedViewError
from medview.plugin.discovery import Plugin, discover
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.volume import Volume
from tests.plugin.folders import write_plugin
from tests.walk.person import Person

_SPREAD = 25.0  # of values around the stroke's mean
_MANIFEST = """
schema = 2
id = "grow"
version = "1.0.0"
name = "Grow"
summary = "Marks what is joined to a stroke and has its values."
task = "segment_interactive"
entry = "threshold:run"
intended_use = "Tests."
research_only = true
classical = true
licences = { code = "Apache-2.0", weights = "none", data = "none" }
cost = { cpu_seconds = 1, memory_mb = 10 }

[[inputs]]
modality = ["MR"]

[[inputs]]
id = "strokes"
type = "scribble"
modality = ["MR"]

[[outputs]]
[[outputs.segments]]
number = 1
label = "Region"
colour = [255, 0, 255]
category = { value = "85756007", scheme = "SCT", meaning = "Tissue" }
type = { value = "85756007", scheme = "SCT", meaning = "Tissue" }
"""
_CODE = f"""
import numpy as np
import SimpleITK
from medview.plugin import Labels

def run(request, context):
    strokes, values = request.others["strokes"].array, request.volume.array
    seeds = [tuple(int(n) for n in index[::-1]) for index in np.argwhere(strokes == 1)]
    middle = float(values[strokes == 1].mean())
    image = SimpleITK.GetImageFromArray(values.astype(np.float32))
    grown = SimpleITK.ConnectedThreshold(image, seeds, middle - {_SPREAD}, middle + {_SPREAD})
    return Labels(SimpleITK.GetArrayFromImage(grown).astype(np.uint8), request.segments)
"""


@pytest.fixture
def grow(medview_home: Path) -> Plugin:
    """Return the plugin, where a person would put it."""
    write_plugin(medview_home / "plugins", _MANIFEST, _CODE, "grow")
    (plugin,) = discover([medview_home / "plugins"])
    assert isinstance(plugin, Plugin), plugin
    return plugin


def test_i_paint_a_stroke_and_what_holds_it_is_marked(grow: Plugin, shared_data: Path, person: Person) -> None:
    person.drops(shared_data / "mr_t1_position_prone")
    person.chooses("Grow")
    person.clicks(person.window.plugin_panel.button)
    assert "nothing is drawn on these images" in person.told()
    assert person.scene.segmentation is None
    person.presses(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    person.presses(Qt.Key.Key_B)
    middle = person.place_of("axial", person.scene.cursor_mm)
    person.drags("axial", middle, middle + QPoint(6, 0), middle + QPoint(12, 4))
    drawn, mask = person.mask.labels.copy(), person.mask
    assert drawn.any()
    person.clicks(person.window.plugin_panel.button)
    person.waits_until(lambda: len(person.scene.study.segmentations) == 2)
    person.waits_until(lambda: not person.session.jobs.jobs)
    assert person.mask is not mask
    assert np.array_equal(mask.labels, drawn), "the strokes stay as they are"
    found, values = person.mask.labels, person.scene.volume.array
    mean = values[drawn == 1].mean()
    joined = _joined(np.abs(values.astype(np.float64) - mean) <= _SPREAD, drawn == 1)
    assert np.array_equal(found == 1, joined)
    told = person.mask.provenance["inputs"]["strokes"]
    assert told["drawn_voxels"] == {"1": int((drawn == 1).sum())}


def _joined(alike: NDArray[np.bool_], seeds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what is joined to seeds over faces within what is alike, by another library than the plugin's."""
    parts, _ = ndimage.label(alike)
    wanted = np.unique(parts[seeds & alike])
    return np.isin(parts, wanted[wanted > 0])


def test_strokes_of_other_images_are_refused(grow: Plugin, shared_data: Path) -> None:
    head = medview.read(shared_data / "mr_t1_position_prone")
    moved = np.array(head.geometry.affine)
    moved[0, 3] += 5.0
    strokes = np.ones(head.array.shape, dtype=np.uint8)
    elsewhere = Volume(strokes, replace(head.geometry, affine=moved), head.series)
    with pytest.raises(MedViewError, match="no labels that lie on these images"):
        PluginRun(grow, head, others={"strokes": elsewhere})(unheard)
    with pytest.raises(MedViewError, match="was not given the inputs"):
        PluginRun(grow, head)(unheard)
