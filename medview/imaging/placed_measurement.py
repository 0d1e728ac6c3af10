"""Where a measurement is seen in a pane: whole on its own image or plane, elsewhere only what lies in the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medview.imaging.curve import Curve
from medview.imaging.pane_frame import PaneFrame
from medview.study.geometry import FloatArray, Geometry
from medview.study.measurement import Measurement, slice_index
from medview.study.series import Series

_PARALLEL = 1 - 1e-4  # cosine: 0.8 degrees
_EXACT_MM = 1e-3
_PATH_STEP_MM = 1.0
_FARTHEST_PX = 1e6  # what is damaged must not keep the painter busy


@dataclass(frozen=True, eq=False)
class PlacedMeasurement:
    """A measurement in a pane.

    Attributes
    ----------
    lines
        (n, 2) each, in device-independent pixels of the pane.
    handles, handle_numbers
        (n, 2) where points of it can be taken hold of, and which of its points they are.
    is_whole
        Whether it lies in the plane as a whole, so that its numbers belong beside it; else `lines` hold only where its
        region is cut, and `crossings` (n, 2) where its lines pierce the plane.
    """

    measurement: Measurement
    lines: tuple[FloatArray, ...]
    handles: FloatArray
    handle_numbers: tuple[int, ...]
    is_whole: bool
    crossings: FloatArray


def placed_measurement(
    measurement: Measurement, series: Series, geometry: Geometry, frame: PaneFrame
) -> PlacedMeasurement | None:
    """Return where a measurement of a series is seen in a pane that shows that series; None where it is not.

    One that was drawn on an image is whole on that image alone; one in a cut plane where its points lie within half a
    slice of the plane. Any other plane shows its points that lie there, and where it cuts the measurement.
    """
    if _is_whole(measurement, series, geometry, frame):
        found = _whole(measurement, frame)
    elif frame.slice_index is not None and measurement.image is not None:
        return None  # of another image of the same stack
    else:
        found = _part(measurement, frame)
    drawn = [*found.lines, found.handles, found.crossings]
    if not any(len(part) for part in drawn) or max(np.abs(p).max() for p in drawn if len(p)) > _FARTHEST_PX:
        return None
    return found


def is_on_image(measurement: Measurement, series: Series, geometry: Geometry, number: int) -> bool:
    """Whether a measurement was drawn on an image of its series."""
    if measurement.image is None or number >= len(series.instances):
        return False
    instance = series.instances[number]
    if not series.has_own_names or instance.tile is not None:  # images without names of their own, tiles of one image
        return slice_index(measurement, geometry) == number
    name = measurement.image
    return (name.sop_instance_uid, name.frame_index) == (instance.sop_instance_uid, instance.frame_index)


def _is_whole(measurement: Measurement, series: Series, geometry: Geometry, frame: PaneFrame) -> bool:
    if frame.slice_index is not None and measurement.image is not None:
        return is_on_image(measurement, series, geometry, frame.slice_index)
    if not geometry.has_depth and geometry.shape[0] > 1:
        return False  # slices that are only counted lie nowhere
    if np.abs(frame.depth(measurement.points_mm)).max() > frame.reach_mm + _EXACT_MM:
        return False
    return not measurement.is_region or abs(float(measurement.normal @ frame.normal)) > _PARALLEL


def _lines_mm(measurement: Measurement) -> tuple[FloatArray, ...]:
    """Return the lines to draw; of a path the smooth one that a curved reformat runs along."""
    points = measurement.points_mm
    if measurement.kind != "path" or float(np.ptp(points, axis=0).max()) < _EXACT_MM:
        return measurement.lines_mm
    return (Curve.through(points, _PATH_STEP_MM).points_mm,)


def _whole(measurement: Measurement, frame: PaneFrame) -> PlacedMeasurement:
    lines = tuple(frame.to_pane(line) for line in _lines_mm(measurement))
    numbers = () if measurement.kind == "freehand" else tuple(range(len(measurement.points_mm)))
    handles = frame.to_pane(measurement.points_mm[list(numbers)])
    return PlacedMeasurement(measurement, lines, handles, numbers, True, np.empty((0, 2)))


def _part(measurement: Measurement, frame: PaneFrame) -> PlacedMeasurement:
    """Return the points that lie in the plane, and where the plane cuts the lines."""
    near = np.abs(frame.depth(measurement.points_mm)) <= frame.reach_mm + _EXACT_MM
    numbers = () if measurement.kind == "freehand" else tuple(int(n) for n in np.flatnonzero(near))
    handles = frame.to_pane(measurement.points_mm[list(numbers)])
    crossings = [_crossings(line, frame) for line in _lines_mm(measurement)]
    if not measurement.is_region:
        found = np.concatenate(crossings) if crossings else np.empty((0, 2))
        return PlacedMeasurement(measurement, (), handles, numbers, False, found)
    return PlacedMeasurement(measurement, _chords(crossings[0]), handles, numbers, False, np.empty((0, 2)))


def _crossings(line_mm: FloatArray, frame: PaneFrame) -> FloatArray:
    """Return the pane points (n, 2) where a line passes through the plane."""
    depth = frame.depth(line_mm)
    behind = depth > 0
    at = np.flatnonzero(behind[1:] != behind[:-1])
    share = (depth[at] / (depth[at] - depth[at + 1]))[:, None]
    return frame.to_pane(line_mm[at] + share * (line_mm[at + 1] - line_mm[at]))


def _chords(crossings: FloatArray) -> tuple[FloatArray, ...]:
    """Return where a plane cuts a region: from where it enters to where it leaves, in order along the cut."""
    if len(crossings) < 2:
        return ()
    direction = crossings[np.argmax(np.linalg.norm(crossings - crossings[0], axis=1))] - crossings[0]
    ordered = crossings[np.argsort(crossings @ direction)]
    return tuple(ordered[n : n + 2] for n in range(0, len(ordered) - 1, 2))
