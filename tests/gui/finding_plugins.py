"""Small plugins that say something beside masks, for a window whose series is `tests.gui.conftest.write_ct`."""

from __future__ import annotations

from pathlib import Path

_MANIFEST = """
schema = 2
id = "{name}"
version = "1.0.0"
name = "{title}"
summary = "Tests."
task = "{task}"
entry = "threshold:run"
intended_use = "Tests."
research_only = true
licences = {{ code = "Apache-2.0", weights = "none", data = "none" }}
cost = {{ cpu_seconds = 1, memory_mb = 10 }}

[[inputs]]
modality = ["CT", "MR"]

{outputs}
"""
_CONCEPT = (
    '[[outputs.concepts]]\nid = "{id}"\nlabel = "{label}"\ncolour = {colour}\n'
    'category = {{ value = "49755003", scheme = "SCT", meaning = "Morphologically Abnormal Structure" }}\n'
    'type = {{ value = "27925004", scheme = "SCT", meaning = "Nodule" }}\n'
)

# voxels of 1 x 1 x 2 mm; the first box lies round the bone on slices 7 to 11, the second on slice 20
BOXES = """
from medview.plugin import Boxes, ScoredBox

def run(request, context):
    kind = request.concepts["nodule"]
    return Boxes((
        ScoredBox(kind, 0.83, (6.5, 11.5, 14.5), (11.5, 16.5, 20.5)),
        ScoredBox(kind, 0.61, (19.5, 20.0, 25.0), (20.5, 28.0, 33.0)),
        ScoredBox(kind, 0.20, (7.5, 20.0, 25.0), (11.5, 28.0, 33.0)),
    ), 0.5)
"""
EVERYTHING = """
import numpy as np
from medview.plugin import ClassScores, Curve, HeatMap

def run(request, context):
    return scores(request), heat(request), curve()

def scores(request):
    kinds = tuple(request.concepts.values())
    places = np.arange(4, 20)
    rows = np.stack([np.linspace(0.1, 0.9, 16), np.linspace(0.9, 0.1, 16)], axis=1).astype(np.float32)
    return ClassScores(kinds, np.array([0.75, 0.25], np.float32), "softmax", places, rows)

def heat(request):
    array = np.zeros(request.volume.array.shape, np.uint8)
    array[14, 32:36, 40:44] = 255
    return HeatMap("Where it looked", array, "saliency")

def curve():
    x = np.arange(24.0)
    return Curve("Area", x * 40.0, np.sin(x / 4.0), "ms", "ml", (("end diastole", 240.0),), np.arange(24))
"""
IMAGE = """
import numpy as np
from medview.plugin import DerivedImage

def run(request, context):
    array = np.full(request.volume.array.shape, 240, np.int16)
    return DerivedImage("Flat", array, "{kind}", "HU", {synthetic})
"""


def write_finding_plugin(folder: Path, kind: str) -> Path:
    """Write the plugin of a kind ("boxes", "everything", "image", "synthetic") below a folder."""
    task, outputs, code = _PARTS[kind]
    home = folder / kind
    home.mkdir(parents=True)
    manifest = _MANIFEST.format(name=kind, title=kind.capitalize(), task=task, outputs=outputs)
    (home / "plugin.toml").write_text(manifest, encoding="utf-8")
    (home / "threshold.py").write_text(code, encoding="utf-8")
    return home


_PARTS = {
    "boxes": (
        "detect",
        '[[outputs]]\ntype = "boxes"\n' + _CONCEPT.format(id="nodule", label="Nodule", colour=[255, 0, 255]),
        BOXES,
    ),
    "everything": (
        "classify",
        '[[outputs]]\nid = "scores"\ntype = "scores"\n'
        + _CONCEPT.format(id="tumour", label="Tumour", colour="[255, 0, 0]\nthreshold = 0.5")
        + _CONCEPT.format(id="none", label="None", colour="[0, 255, 0]\nthreshold = 0.4")
        + '[[outputs]]\nid = "map"\ntype = "heat_map"\n[[outputs]]\nid = "curve"\ntype = "curve"\n',
        EVERYTHING,
    ),
    "image": (
        "enhance",
        '[[outputs]]\ntype = "image"\nunit = "HU"\n',
        IMAGE.format(kind="denoised", synthetic=False),
    ),
    "synthetic": (
        "translate",
        '[[outputs]]\ntype = "image"\nimage_kind = "translated"\nunit = "HU"\nis_synthetic = true\n',
        IMAGE.format(kind="translated", synthetic=True),
    ),
}
