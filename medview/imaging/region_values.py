"""The values of a volume inside a flat region: an ellipse, a rectangle or a polygon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.imaging.contour_fill import contour_fill
from medview.imaging.padding import Range, is_padding
from medview.imaging.plane_figures import flat, plane_axes
from medview.imaging.sampled import sampled
from medview.study.geometry import FloatArray, Geometry
from medview.study.measurement import Measurement
from medview.study.volume import Volume

_ON_VOXELS = 0.02  # of a step: a plane this near to the centres of voxels is taken to run through them
_EDGE = 1e-9  # a centre this near to the edge lies on it
_MOST_SAMPLES = 2**22


@dataclass(frozen=True, eq=False)
class RegionValues:
    """What lies inside.

    Attributes
    ----------
    values
        (n,), of colours (n, 3); padding and what is no number are left out.
    slices
        First and last slice of the volume that the values are taken from.
    step_mm
        Distance of the samples on a plane that runs between the voxels, None where they are voxels themselves.
    """

    values: NDArray[Any]
    slices: tuple[int, int]
    step_mm: float | None = None


def region_values(
    measurement: Measurement, volume: Volume, padding: Range | None = None, *, step_mm: float | None = None
) -> RegionValues:
    """Return the values whose pixel centres lie inside a region, in the plane it was drawn in.

    Where that plane runs through the centres of voxels (an image as it was acquired, or a cut along the volume's own
    axes) they are the voxels themselves; elsewhere the volume is sampled on the plane, linearly, on square pixels as
    large as the smallest step between voxels. A centre on the edge of an ellipse or a rectangle lies inside; on the
    edge of a polygon it does on one side of it and not on the other, so that two polygons with a common edge share
    none (`contour_fill`). Points off the plane count where they lie as seen along its normal.

    Parameters
    ----------
    padding
        Lowest and highest value that stands for no value.
    step_mm
        Width of the square pixels, instead of the smallest step between voxels.

    Raises
    ------
    MedViewError
        The region is too large to be sampled.
    """
    index = volume.geometry.to_index(measurement.points_mm)
    axis = 0 if measurement.image is not None else _voxel_axis(index)
    if axis is None:
        return _sampled_values(measurement, volume, padding, step_mm or min(volume.geometry.spacing_mm))
    place = int(np.clip(np.rint(index[:, axis].mean()), 0, volume.geometry.shape[axis] - 1))
    layer: tuple[slice | int, ...] = tuple(place if n == axis else slice(None) for n in range(3))
    picture: NDArray[Any] = volume.array[layer]
    corners = np.delete(index, axis, axis=1)
    box = _box(corners, (picture.shape[0], picture.shape[1]))
    values = picture[box][_inside(measurement, corners - [box[0].start, box[1].start], picture[box].shape[:2])]
    slices = (place, place) if axis == 0 else (box[0].start, max(box[0].start, box[0].stop - 1))
    return RegionValues(_known(values, padding), slices)


def _voxel_axis(index: FloatArray) -> int | None:
    """Return the axis across which points lie on one layer of voxels, None where there is none."""
    for axis in range(3):
        place = index[:, axis]
        if np.ptp(place) <= _ON_VOXELS and abs(place.mean() - round(float(place.mean()))) <= _ON_VOXELS:
            return axis
    return None


def _box(corners: FloatArray, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Return the part of a picture that a region with these points can reach into."""
    centre = corners.mean(axis=0)
    reach = np.abs(corners - centre).max(axis=0) * 2 + 1  # the ends of an ellipse's axes do not bound it
    low = np.clip(np.floor(centre - reach), 0, np.array(shape)).astype(int)
    high = np.clip(np.ceil(centre + reach) + 1, 0, np.array(shape)).astype(int)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def _inside(measurement: Measurement, corners: FloatArray, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the mask (rows, columns) of the pixel centres inside; the centre of the first pixel is (0, 0)."""
    if measurement.kind not in ("ellipse", "rectangle"):
        return contour_fill([corners], (shape[0], shape[1]))
    ends = corners if measurement.kind == "ellipse" else (corners + np.roll(corners, -1, axis=0))[[3, 1, 0, 2]] / 2.0
    axes = np.stack([ends[1] - ends[0], ends[3] - ends[2]], axis=1) / 2.0
    if abs(np.linalg.det(axes)) < 1e-12:
        return np.zeros(shape[:2], dtype=np.bool_)
    row = np.arange(shape[0], dtype=np.float64) - float(ends[:, 0].mean())
    inverse = np.linalg.inv(axes)
    start, step = np.asarray(inverse[:, :1] * row), np.asarray(inverse[:, 1], dtype=np.float64)
    reach = _ellipse_reach(start, step) if measurement.kind == "ellipse" else _rectangle_reach(start, step)
    low, high = (ends[:, 1].mean() + edge for edge in reach)
    column = np.arange(shape[1])
    return np.asarray((column >= low[:, None] - _EDGE) & (column <= high[:, None] + _EDGE))


def _ellipse_reach(start: FloatArray, step: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the first and last column of each row where the length of `start` + column * `step` is at most 1.

    `start` is (2, rows) and `step` (2,); where there is none, the last column comes before the first.
    """
    square, half = float(step @ step), np.asarray(step @ start, dtype=np.float64)
    root = half * half - square * (np.square(start).sum(axis=0) - 1.0)
    width = np.where(root >= -_EDGE, np.sqrt(np.maximum(root, 0.0)), -np.inf)
    return (-half - width) / square, (-half + width) / square


def _rectangle_reach(start: FloatArray, step: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the first and last column of each row where both of `start` + column * `step` lie between -1 and 1."""
    low, high = np.full(start.shape[1], -np.inf), np.full(start.shape[1], np.inf)
    for first, slope in zip(start, step, strict=True):
        if slope == 0.0:
            high = np.where(np.abs(first) <= 1.0 + _EDGE, high, -np.inf)
            continue
        ends = np.sort(np.stack([(-1.0 - first) / slope, (1.0 - first) / slope]), axis=0)
        low, high = np.maximum(low, ends[0]), np.minimum(high, ends[1])
    return low, high


def _sampled_values(measurement: Measurement, volume: Volume, padding: Range | None, step: float) -> RegionValues:
    """Return the values on a plane between the voxels."""
    geometry, normal = volume.geometry, measurement.normal / np.linalg.norm(measurement.normal)
    corners = flat(measurement.points_mm, normal)[0]
    corners = corners / step
    low = np.floor(corners.min(axis=0) - np.ptp(corners, axis=0)).astype(int)
    shape = tuple((np.ceil(corners.max(axis=0) + np.ptp(corners, axis=0)).astype(int) - low + 1).tolist())
    if shape[0] * shape[1] > _MOST_SAMPLES:
        raise MedViewError("The region is too large to be sampled.", "Draw a smaller one.")
    place = np.argwhere(_inside(measurement, corners - low, shape)) + low
    index = geometry.to_index(measurement.points_mm.mean(axis=0) + (place * step) @ plane_axes(normal))
    values = sampled(volume.array, index, padding)
    return RegionValues(_known(values, None), _slices(index, geometry), step)


def _slices(index: FloatArray, geometry: Geometry) -> tuple[int, int]:
    """Return the first and last slice that samples touch."""
    if not len(index):
        return 0, 0
    low, high = np.floor(index[:, 0].min()), np.ceil(index[:, 0].max())
    first, last = np.clip([low, high], 0, geometry.shape[0] - 1).astype(int)
    return int(first), int(last)


def _known(values: NDArray[Any], padding: Range | None) -> NDArray[Any]:
    """Return values without padding and what is no number."""
    nothing = is_padding(values, padding) | ~np.isfinite(values)
    known: NDArray[Any] = values[~(nothing if values.ndim == 1 else nothing.any(axis=1))]
    return known


def sampling_remark(found: RegionValues) -> Sentence | None:
    """Return what must be said of values that are no voxels; None where they are."""
    if found.step_mm is None:
        return None
    return Sentence("The values are interpolated between voxels, every {step:.2f} mm.", {"step": found.step_mm})
