"""The points of a measurement in the unit that its images allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from medview.errors import MedViewError
from medview.imaging.calibration import Calibration, calibration, calibration_across, user_spacing
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement, slice_index
from medview.study.series import Series


@dataclass(frozen=True, eq=False)
class Ground:
    """The points of a measurement in the unit it is told in.

    `points` are (n, 2) of an image, (n, 3) LPS mm in space; `shape` are the same in units that are equal in all
    directions, for angles, which may be known where lengths are not. `step` is the least distance of voxels.
    """

    points: FloatArray
    shape: FloatArray
    scale: Calibration
    step: float
    normal: FloatArray | None = None


def user_mm_of(series: Series, slice_number: int, calibrations: Iterable[Measurement]) -> float | None:
    """Return how wide a person has said that a pixel of an image is, None where nobody has, or it may not be said.

    A calibration holds for every frame of the object it was drawn on, and for no other file that bears its name.
    """
    instances = series.instances
    uid = instances[slice_number].sop_instance_uid if slice_number < len(instances) else ""
    for drawn in reversed(list(calibrations)):
        image = drawn.image
        if image is None or not uid or image.sop_instance_uid != uid or drawn.known_mm is None:
            continue
        if series.geometry is None or drawn.kind != "calibration":
            continue
        if not series.has_own_names and slice_index(drawn, series.geometry) != slice_number:
            continue
        points = series.geometry.to_index(drawn.points_mm)[:, [2, 1]]
        try:
            return user_spacing(series, slice_number, points, drawn.known_mm)
        except MedViewError:  # the file knows better, or the line is too short: it counts for nothing
            continue
    return None


def ground_of(measurement: Measurement, series: Series, calibrations: Iterable[Measurement]) -> Ground:
    """Return the points of a measurement in the unit it is told in; the series has a geometry."""
    geometry = series.geometry
    assert geometry is not None, "what was measured lies on a grid"
    step = min(geometry.spacing_mm)
    if measurement.image is None:
        points, normal = measurement.points_mm, measurement.normal / np.linalg.norm(measurement.normal)
        return Ground(points, points, calibration_across(series), step, normal)
    number = slice_index(measurement, geometry)
    pixels = geometry.to_index(measurement.points_mm)[:, [2, 1]]
    scale = calibration(series, number, pixels, user_mm=user_mm_of(series, number, calibrations))
    # the rows of some grids are not at right angles to their columns
    lean = float(geometry.directions[:, 1] @ geometry.directions[:, 2]) if geometry.has_spacing else 0.0
    skew = np.array([[1.0, 0.0], [lean, np.sqrt(1.0 - lean * lean)]])
    return Ground((pixels * scale.pixel_mm[::-1]) @ skew, (pixels * (1.0, scale.aspect)) @ skew, scale, step)
