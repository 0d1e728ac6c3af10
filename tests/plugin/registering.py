"""Plugins with a second input, and a pair of scans of one patient that lie elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import Geometry
from medview.study.spatial_transform import SpatialTransform, rotation_about, shift_by
from tests.files.make_dicom import image
from tests.files.make_pet_ct import CT_GRID, ct_values, write_ct, write_slices

PRIOR_FRAME = "2.25.3999"
ADDED_HU = 60  # to the soft tissue of the prior, so that its tiles are told from those of the other scan
SPINE_BALL_MM = np.array([-30.0, 5.0, 15.0])  # the middle of a ball of 500 HU
# leads from the scan of today to the prior: turned, and moved by some centimetres
TRUE_WAY = SpatialTransform.of_matrix(shift_by((14.0, -9.0, 6.0)) @ rotation_about((0.1, 0.2, 1.0), 11.0, (5, 0, 30)))
PRIOR_GRID = Geometry.from_axes(
    (30, 60, 74), origin=(-78.0, -84.0, -10.0), slice_step=(0, 0, 3.1), row_step=(0, 2.4, 0), column_step=(2.3, 0, 0),
    frame_of_reference_uid=PRIOR_FRAME,
)  # fmt: skip

_MANIFEST = """
schema = 2
id = "{name}"
version = "1.4.0"
name = "{title}"
summary = "Tests."
task = "{task}"
entry = "code:run"
intended_use = "Tests."
research_only = true
licences = {{ code = "Apache-2.0", weights = "none", data = "none" }}
cost = {{ cpu_seconds = 1, memory_mb = 10 }}

[[inputs]]
id = "fixed"
modality = ["CT"]

[[inputs]]
id = "{second}"
modality = ["CT"]
{more}
[[outputs]]
{output}
"""
# Mattes mutual information by ITK: no line of it is the program's
REGISTER = """
import numpy as np
import SimpleITK as sitk
from medview.plugin import SpatialTransform

def image(volume):
    geometry = volume.geometry
    made = sitk.GetImageFromArray(np.ascontiguousarray(volume.array).astype("float32"))
    made.SetSpacing([float(s) for s in reversed(geometry.spacing_mm)])
    made.SetOrigin([float(x) for x in geometry.to_mm((0, 0, 0))])
    made.SetDirection(np.asarray(geometry.directions)[:, ::-1].ravel().tolist())
    return made

def run(request, context):
    fixed, moving = image(request.volume), image(request.others["moving"])
    way = sitk.CenteredTransformInitializer(fixed, moving, sitk.Euler3DTransform(),
                                            sitk.CenteredTransformInitializerFilter.GEOMETRY)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.25, 7)
    method.SetOptimizerAsRegularStepGradientDescent(4.0, 5e-3, 60, 0.6, 1e-8)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([2.0, 0.0])
    method.SetInitialTransform(way, inPlace=True)
    context.progress(0.2, "Registering")
    method.Execute(fixed, moving)
    origin = np.array(way.TransformPoint((0.0, 0.0, 0.0)))
    axes = [np.array(way.TransformPoint(tuple(row))) - origin for row in np.eye(3)]
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = np.stack(axes, axis=1), origin
    return SpatialTransform.of_matrix(matrix)
"""
# leads where TRUE_WAY does, without looking for it
TOLD = """
from medview.plugin import SpatialTransform

def run(request, context):
    assert request.others["moving"].unit == "HU"
    return SpatialTransform.of_matrix({matrix})
"""
MEAN = """
import numpy as np
from medview.plugin import DerivedImage, resample

def run(request, context):
    first, second = request.volume, request.others["prior"]
    there = resample(second.array.astype(np.float32), second.geometry, first.geometry)
    return DerivedImage("Mean", ((first.array + there) / 2).astype(np.float32), "translated", first.unit, True)
"""
_KINDS = {
    "register": ("moving", "", 'type = "transform"', REGISTER),
    "translate": ("prior", "", 'type = "image"\nimage_kind = "translated"\nunit = "HU"\nis_synthetic = true', MEAN),
}


def write_told_plugin(folder: Path, matrix: NDArray[np.float64] = TRUE_WAY.matrix) -> Path:
    """Write a registering plugin that knows its answer."""
    home = write_second_input_plugin(folder, "register")
    (home / "code.py").write_text(TOLD.format(matrix=matrix.tolist()), encoding="utf-8")
    return home


def write_second_input_plugin(folder: Path, task: str) -> Path:
    """Write the plugin of a task ("register", "translate") below a folder."""
    second, more, output, code = _KINDS[task]
    home = folder / task
    home.mkdir(parents=True)
    manifest = _MANIFEST.format(name=task, title=task.capitalize(), task=task, second=second, more=more, output=output)
    (home / "plugin.toml").write_text(manifest, encoding="utf-8")
    (home / "code.py").write_text(code, encoding="utf-8")
    return home


def write_two_scans(folder: Path, **prior: Any) -> Path:
    """Write the CT of today, and a prior of the same body that lay otherwise, in a study and a frame of its own."""
    import SimpleITK

    write_ct(folder / "today")
    # its values where ITK says that the body of today has come to: TRUE_WAY leads from today to the prior
    back = SimpleITK.AffineTransform(3)
    way = TRUE_WAY.inverse().matrix
    back.SetMatrix(way[:3, :3].ravel().tolist())
    back.SetTranslation(way[:3, 3].tolist())
    moved = SimpleITK.Resample(_itk(ct_values(), CT_GRID), _itk(np.zeros(PRIOR_GRID.shape, np.int16), PRIOR_GRID), back,
                          SimpleITK.sitkLinear, -1000.0)  # fmt: skip
    values = SimpleITK.GetArrayFromImage(moved)
    values[(values > -200) & (values < 200)] += ADDED_HU
    facts = {
        "SeriesDescription": "CT prior",
        "SeriesInstanceUID": "2.25.5101",
        "StudyInstanceUID": "2.25.5100",
        "StudyDate": "20230310",
        "SeriesNumber": 9,
    }
    stored = (values.astype(np.int32) + 1024).astype("<u2")
    write_slices(folder / "prior", PRIOR_GRID, stored, image, facts | prior)
    return folder


def _itk(array: Any, grid: Geometry) -> Any:
    import SimpleITK

    made = SimpleITK.GetImageFromArray(array)
    made.SetSpacing([float(s) for s in reversed(grid.spacing_mm)])
    made.SetOrigin([float(x) for x in grid.to_mm((0, 0, 0))])
    return made
