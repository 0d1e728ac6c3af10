"""Small plugins written to a folder, and volumes to run them on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.plugin.discovery import Plugin, discover
from medview.study.geometry import Geometry
from medview.study.series import Instance, Series
from medview.study.volume import Volume

MANIFEST = """
id = "threshold"
version = "1.2.3"
name = "Threshold"
summary = "Marks what is bright."
task = "segment"
entry = "threshold:run"
intended_use = "Tests."
research_only = true
classical = true

[licences]
code = "Apache-2.0"
weights = "none"
data = "none"

[[inputs]]
modality = ["MR"]
minimum_slices = 2
spacing_mm = [0.2, 20.0]
contrast = "T1-weighted"
expected_words = ["T1"]
doubtful_words = ["T2", "FLAIR"]
forbidden_words = ["localizer"]
forbidden_sequences = ["EP"]

[[outputs]]
[[outputs.segments]]
number = 1
label = "Bright"
colour = [255, 0, 0]
category = { value = "85756007", scheme = "SCT", meaning = "Tissue" }
type = { value = "85756007", scheme = "SCT", meaning = "Tissue" }

[[outputs.segments]]
number = 2
label = "Very bright"
colour = [0, 255, 0]
category = { value = "85756007", scheme = "SCT", meaning = "Tissue" }
type = { value = "85756007", scheme = "SCT", meaning = "Tissue" }

[[parameters]]
id = "level"
type = "float"
label = "Level"
default = 0.5
minimum = 0.0
maximum = 100.0

[[parameters]]
id = "detail"
type = "choice"
label = "Detail"
default = "low"
choices = [{ value = "low", label = "Low" }, { value = "high", label = "High" }]

[[parameters]]
id = "wait"
type = "bool"
label = "Wait"
default = false

[cost]
cpu_seconds = 1
memory_mb = 10
"""

CODE = """
from medview.plugin import Labels

def run(request, context):
    with context.stage("threshold"):
        context.progress(0.5, "Comparing")
        mask = request.volume.array > request.parameters["level"]
    return Labels(mask.astype("uint8"), request.segments)
"""


def write_plugin(folder: Path, manifest: str = MANIFEST, code: str = CODE, name: str = "threshold") -> Path:
    """Write a plugin's folder below `folder` and return it."""
    home = folder / name
    home.mkdir(parents=True)
    (home / "plugin.toml").write_text(manifest, encoding="utf-8")
    (home / "threshold.py").write_text(code, encoding="utf-8")
    return home


def threshold_plugin(folder: Path, code: str = CODE) -> Plugin:
    """Return the small plugin, found in a folder."""
    write_plugin(folder, code=code)
    (plugin,) = discover([folder])
    assert isinstance(plugin, Plugin), plugin
    return plugin


def volume_of(array: NDArray[Any], geometry: Geometry | None = None, modality: str = "MR", **facts: Any) -> Volume:
    """Return an array as the volume of a series of as many images."""
    geometry = geometry or Geometry(array.shape, np.eye(4)[[2, 1, 0, 3]])
    instances = tuple(Instance(Path(f"{n}.dcm"), f"1.2.3.4.{n}") for n in range(len(array)))
    series = Series("1.2.3.4", "1.2.3", modality=modality, instances=instances, geometry=geometry, **facts)
    return Volume(array, geometry, series)
