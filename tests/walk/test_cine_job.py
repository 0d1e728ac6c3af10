"""A model on a recording, in the real window: a mask of each frame, a curve that leads to its frame, and a number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

import medview
from medview.errors import MedViewError
from medview.plugin.discovery import Plugin, discover
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.finding import Curve, MeasuredValue
from tests.files.judges import complaints
from tests.plugin.folders import write_plugin
from tests.walk.person import Person

BRIGHT, BOX = 110, (slice(96, 160), slice(96, 160))
_MANIFEST = """
schema = 2
id = "pool"
version = "1.0.0"
name = "Pool"
summary = "Outlines what is bright in the middle of each frame."
task = "cine"
entry = "threshold:run"
intended_use = "Tests."
research_only = true
classical = true
licences = { code = "Apache-2.0", weights = "none", data = "none" }
cost = { cpu_seconds = 1, memory_mb = 10 }

[[inputs]]
type = "cine"
modality = ["MR", "US"]
needs_orientation = false
needs_spacing = false

[[outputs]]
id = "mask"
type = "labels"
[[outputs.segments]]
number = 1
label = "Pool"
colour = [255, 0, 255]
category = { value = "123037004", scheme = "SCT", meaning = "Anatomical Structure" }
type = { value = "87878005", scheme = "SCT", meaning = "Left ventricle" }

[[outputs]]
id = "area"
type = "curve"

[[outputs]]
id = "change"
type = "measurement"
[[outputs.concepts]]
id = "fac"
label = "Fractional area change"
colour = [255, 0, 255]
category = { value = "49755003", scheme = "SCT", meaning = "Morphologically Abnormal Structure" }
type = { value = "FAC", scheme = "99MEDVIEW", meaning = "Fractional Area Change" }
"""
_CODE = """
import numpy as np
from medview.plugin import Curve, Labels, MeasuredValue

def run(request, context):
    volume = request.volume
    found = np.zeros(volume.array.shape, np.uint8)
    place = (slice(None), slice(96, 160), slice(96, 160))
    found[place] = volume.array[place] > 110
    area = 100.0 * found[place].mean(axis=(1, 2))
    frames = np.arange(len(found))
    marks = (("largest", float(area.argmax() * volume.series.frame_time_ms)),)
    curve = Curve("Area", frames * volume.series.frame_time_ms, area, "ms", "%", marks, frames)
    change = MeasuredValue(request.concepts["fac"], 100.0 * (area.max() - area.min()) / area.max(), "%")
    return Labels(found, tuple(request.segments)), curve, change
"""


@pytest.fixture
def pool(medview_home: Path) -> Plugin:
    """Return the plugin, where a person would put it."""
    write_plugin(medview_home / "plugins", _MANIFEST, _CODE, "pool")
    (plugin,) = discover([medview_home / "plugins"])
    assert isinstance(plugin, Plugin), plugin
    return plugin


@pytest.fixture
def heart(shared_data: Path) -> Path:
    """Return a real cine of a heart, 16 frames 69.47 ms apart."""
    return shared_data / "mr_cine_cardiac_multiframe" / "multiframe-test1.dcm"


def test_i_run_a_model_on_a_cine_and_its_curve_leads_to_the_frame(
    pool: Plugin, heart: Path, person: Person, qtbot: QtBot, tmp_path: Path
) -> None:
    person.drops(heart.parent)
    pixels = pydicom.dcmread(heart).pixel_array
    bright = np.zeros(pixels.shape, dtype=bool)
    bright[:, *BOX] = pixels[:, *BOX] > BRIGHT
    areas = 100 * bright[:, *BOX].mean(axis=(1, 2))
    person.runs("Pool")
    assert np.array_equal(person.mask.labels, bright)
    curve, change = (finding.payload for finding in person.scene.study.findings)
    assert isinstance(curve, Curve)
    np.testing.assert_allclose(curve.values, areas)
    assert curve.x[:3] == pytest.approx([0, 69.47, 138.94])
    assert isinstance(change, MeasuredValue)
    assert change.value == pytest.approx(100 * (1 - areas.min() / areas.max()))
    person.picks_finding(next(f.uid for f in person.scene.study.findings if f.payload is curve))
    plot = person.window.finding_panel.details.curve
    wanted = int(areas.argmin())
    assert wanted != person.scene.cursor_index[0]
    at = plot.plot.getPlotItem().vb.mapViewToScene(QPointF(curve.x[wanted], float(areas.mean())))
    qtbot.mouseClick(plot.plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.plot.mapFromScene(at))
    person.waits_until(lambda: person.scene.cursor_index[0] == wanted)
    details = person.window.finding_panel.details
    person.saves_by(lambda: person.clicks(details.save_curve), tmp_path / "area.csv")
    header, *rows = (tmp_path / "area.csv").read_text(encoding="utf-8-sig").splitlines()
    assert header == "x,x_unit,value,unit,frame_index"
    assert [float(row.split(",")[2]) for row in rows] == pytest.approx(areas)
    person.saves_as("export_nifti", tmp_path / "pool.nii.gz")
    assert (tmp_path / "pool.nii.gz").is_file(), person.told()
    written = np.asarray(nibabel.load(tmp_path / "pool.nii.gz").dataobj)
    assert written.shape == (256, 256, 16)
    assert written.sum(axis=(0, 1)).tolist() == bright.sum(axis=(1, 2)).tolist()
    assert set(np.unique(written)) == {0, 1}
    person.saves_by(lambda: person.clicks(person.window.finding_panel.save_button), tmp_path / "report.dcm")
    assert (tmp_path / "report.dcm").is_file(), person.told()
    report = pydicom.dcmread(tmp_path / "report.dcm")
    texts = [item for _, item in _items(report)]
    (number,) = (item for item in texts if item.ValueType == "NUM")
    value = number.MeasuredValueSequence[0]
    assert float(value.NumericValue) == pytest.approx(change.value)
    assert value.MeasurementUnitsCodeSequence[0].CodeValue == "%"
    assert number.ConceptNameCodeSequence[0].CodeMeaning == "Fractional Area Change"
    assert all("Illegal root for UID" in said for said in complaints(tmp_path / "report.dcm"))  # those of the source


def _items(item: pydicom.Dataset) -> Iterator[tuple[pydicom.Dataset, pydicom.Dataset]]:
    """Yield every content item of a report with the one that holds it."""
    for inner in item.get("ContentSequence", ()):
        yield item, inner
        yield from _items(inner)


def test_a_recording_in_colours_is_given_as_its_luma(pool: Plugin, shared_data: Path) -> None:
    echo = medview.read(shared_data / "us_cine_echo_acuson" / "IM00001.implicit_little_endian.dcm")
    result = PluginRun(pool, echo)(unheard)
    colours = echo.array[:, *BOX].astype(np.float64)
    bright = colours @ [0.299, 0.587, 0.114] > BRIGHT + 0.5
    assert result.labels is not None
    assert (result.labels.array[:, *BOX] > 0).sum() == pytest.approx(bright.sum(), rel=0.001)
    assert result.geometry.same_grid(echo.geometry)
    assert result.source.sop_hash == echo.series.sop_hash


def test_a_stack_is_no_recording(pool: Plugin, shared_data: Path) -> None:
    stack = medview.read(shared_data / "mr_t1_position_prone")
    with pytest.raises(MedViewError, match="needs a recording"):
        PluginRun(pool, stack)(unheard)
