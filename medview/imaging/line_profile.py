"""The values of a volume along a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.imaging.calibration import refused
from medview.imaging.curve import Curve
from medview.imaging.findings import UNREAD
from medview.imaging.ground import Ground, ground_of
from medview.imaging.measure import in_reading_unit
from medview.imaging.padding import padding_range
from medview.imaging.sampled import sampled
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement, slice_index
from medview.study.volume import Volume

PROFILE_KINDS = ("length", "path", "calibration", "bidirectional")
_MOST = 20_000


@dataclass(frozen=True, eq=False)
class LineProfile:
    """Values at even distances along a line.

    Attributes
    ----------
    distance
        (n,) from the first point, in `distance_unit` ("mm", "mm Proj", "px" ...).
    values
        (n,), of colours (n, 3), in `value_unit`; NaN where there is no image, or padding.
    """

    distance: FloatArray
    values: NDArray[np.float64]
    distance_unit: str
    value_unit: str


def line_profile(
    measurement: Measurement,
    volume: Volume,
    *,
    calibrations: Iterable[Measurement] = (),
    is_read: NDArray[np.bool_] | None = None,
) -> LineProfile:
    """Return the values along a line, interpolated linearly every half voxel; of a path along its smooth curve.

    On an image no other image takes part. Of two axes it is the first. Where no length may be told on an image, the
    distance is in pixels. Parameters as `medview.imaging.measure.measured`.

    Raises
    ------
    MedViewError
        It is no line, has no length, lies on images that have not been read, or between slices at no known distance.
    """
    if measurement.kind not in PROFILE_KINDS:
        raise MedViewError("There are no values along this.", "Choose a length or a path.")
    geometry = volume.geometry
    points = _sample_points(measurement, min(geometry.spacing_mm) / 2.0)
    index = geometry.to_index(points)
    if measurement.image is not None:
        index[:, 0] = slice_index(measurement, geometry)
    touched = np.clip(np.array([np.floor(index[:, 0].min()), np.ceil(index[:, 0].max())]), 0, geometry.shape[0] - 1)
    if is_read is not None and not is_read[int(touched[0]) : int(touched[1]) + 1].all():
        raise refused(UNREAD)
    ground = ground_of(measurement, volume.series, calibrations)
    distance, unit = _distances(measurement, ground, points, index)
    number = int(touched[0]) if measurement.image is not None else None
    values, value_unit = in_reading_unit(sampled(volume.array, index, padding_range(volume.series, number)), volume)
    return LineProfile(distance, values, unit, value_unit)


def _sample_points(measurement: Measurement, step: float) -> FloatArray:
    """Return points (n, 3) along a line, no farther apart than a step; both its ends are among them."""
    points = measurement.points_mm if measurement.kind == "path" else measurement.points_mm[:2]
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    if not lengths.any():
        raise MedViewError("A line without a length has no values along it.", "Draw it longer.")
    if measurement.kind == "path":
        return Curve.through(points, step).points_mm
    count = int(min(np.ceil(lengths[0] / step - 1e-9), _MOST)) + 1
    return np.linspace(points[0], points[1], count)


def _distances(
    measurement: Measurement, ground: Ground, points: FloatArray, index: FloatArray
) -> tuple[FloatArray, str]:
    """Return how far along the line each point lies, and in which unit."""
    refusal, unit = ground.scale.refusal, ground.scale.unit
    if measurement.image is None or measurement.kind == "path":
        if refusal is not None:
            raise refused(refusal)
        return _along(points), unit
    ends = ground.points[:2] if refusal is None else index[[0, -1]][:, [2, 1]]
    length = float(np.linalg.norm(ends[1] - ends[0]))
    return np.linspace(0.0, length, len(points)), unit if refusal is None else "px"


def _along(points: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
