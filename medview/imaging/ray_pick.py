"""Which tissue of a volume in 3D a ray meets first."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from medview.imaging.clipping import Clipping
from medview.imaging.transfer_function import TransferFunction
from medview.study.geometry import FloatArray, Geometry
from medview.study.volume import Volume

_STEP = 0.25  # voxels between two samples
_HALF = 0.5  # of the light is taken away in front of what is seen


def ray_samples(
    geometry: Geometry, start_mm: FloatArray, direction: FloatArray, clipping: Clipping | None = None
) -> FloatArray:
    """Return LPS points (n, 3) along a ray where it is inside the part of a volume that is shown, the nearest first.

    Parameters
    ----------
    start_mm, direction
        A point of the ray and the unit vector of the way it goes; the ray has no beginning.
    """
    centre = float((geometry.centre_mm - start_mm) @ direction)
    reach = float(np.linalg.norm(np.array(geometry.shape) * geometry.spacing_mm))  # at least half the diagonal
    step = min(geometry.spacing_mm) * _STEP
    along = np.arange(centre - reach, centre + reach, step)
    points = start_mm + along[:, None] * direction
    shown = clipping if clipping is not None else Clipping.whole(geometry)
    found: FloatArray = points[shown.shows(points, geometry)]
    return found


def picked(
    volume: Volume, points_mm: FloatArray, function: TransferFunction, window: tuple[float, float]
) -> int | None:
    """Return which of the points along a ray is what is seen; None where the ray meets nothing.

    Of layered tissue the first point by which half of the light that is taken away at all along the ray is taken away,
    of a MIP or MinIP the highest or lowest value. A mean has no place.
    """
    if len(points_mm) == 0 or function.blend == "mean":
        return None
    values = _values(volume, points_mm)
    if function.blend != "composite":
        return int(np.argmax(values) if function.blend == "maximum" else np.argmin(values))
    step_mm = float(np.linalg.norm(points_mm[1] - points_mm[0])) if len(points_mm) > 1 else 1.0
    opacity = np.minimum(function.opacity_at(values, window), 0.9999)
    taken = 1.0 - np.cumprod((1.0 - opacity) ** step_mm)
    if taken[-1] < 0.02:  # nobody sees that
        return None
    return int(np.searchsorted(taken, _HALF * taken[-1]))


def picked_label(
    labels: NDArray[np.integer],
    points_mm: FloatArray,
    geometry: Geometry,
    numbers: set[int],
    opacity: Mapping[int, float] = MappingProxyType({}),
) -> int | None:
    """Return which of the points along a ray is the first in a voxel of the segment that is seen; None beside them.

    Parameters
    ----------
    numbers
        Of the segments that are shown.
    opacity
        What a person has given them. One that is more translucent than not is seen through; so is one without, where
        it lies before and behind another along the ray, since such shells are drawn translucent.
    """
    if len(points_mm) == 0 or not numbers:
        return None
    index = np.clip(np.rint(geometry.to_index(points_mm)).astype(int), 0, np.array(geometry.shape) - 1)
    met = labels[index[:, 0], index[:, 1], index[:, 2]]
    spans: dict[int, tuple[int, int]] = {}
    for number in numbers:
        places = np.flatnonzero(met == number)
        if len(places):
            spans[number] = (int(places[0]), int(places[-1]))

    def hides(number: int) -> bool:
        first, last = spans[number]
        shell = any(first < other[0] and other[1] < last for other in spans.values())
        return opacity[number] >= _HALF if number in opacity else not shell

    seen = [number for number in spans if hides(number)] or list(spans)
    return min((spans[number][0] for number in seen), default=None)


def _values(volume: Volume, points_mm: FloatArray) -> FloatArray:
    """Return the interpolated values of a volume at LPS points."""
    index = np.clip(volume.geometry.to_index(points_mm), 0, np.array(volume.geometry.shape) - 1)
    first = np.minimum(np.floor(index).astype(int), np.maximum(np.array(volume.geometry.shape) - 2, 0))
    part = index - first
    found = np.zeros(len(points_mm))
    for corner in product((0, 1), repeat=3):
        place = np.minimum(first + corner, np.array(volume.geometry.shape) - 1)
        weight = np.prod(np.where(corner, part, 1.0 - part), axis=1)
        found += weight * volume.array[place[:, 0], place[:, 1], place[:, 2]]
    return found
