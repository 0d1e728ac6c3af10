"""Projecting the slices of a slab along a volume's own axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.plane import SlicePlane
from medview.session.viewport import SlabMode


def slab_range(plane: SlicePlane, index: int, thickness_mm: float) -> slice:
    """Return the slices whose centres lie in a slab about slice `index`, that one at least."""
    reach = int(thickness_mm / 2 / plane.geometry.spacing_mm[plane.axis] + 1e-6)
    return slice(max(index - reach, 0), min(index + reach, plane.slice_count - 1) + 1)


def slab(
    array: NDArray[Any],
    plane: SlicePlane,
    index: int,
    thickness_mm: float,
    mode: SlabMode,
    is_read: NDArray[np.bool_] | None = None,
) -> NDArray[Any]:
    """Return the projection (height, width) of the slices whose centres lie in a slab about slice `index`.

    Voxels are taken as they are, without interpolation. A slab thinner than the distance of slices is the slice itself,
    as a view of `array`. The mean is rounded to the array's type.

    Parameters
    ----------
    is_read
        (slices,) which images are there; None where all are. Across the images only those are projected, and the rest
        of the picture is 0.
    """
    within = slab_range(plane, index, thickness_mm)
    part = array[tuple(within if axis == plane.axis else slice(None) for axis in range(3))]
    if is_read is not None and plane.axis != 0:
        made = np.zeros(tuple(1 if axis == plane.axis else n for axis, n in enumerate(array.shape)), array.dtype)
        made[is_read] = _projected(part[is_read], plane.axis, mode)
        return plane.slice_view(made, 0)
    if within.stop - within.start == 1:
        return plane.slice_view(array, index)
    return plane.slice_view(_projected(part, plane.axis, mode), 0)


def _projected(part: NDArray[Any], axis: int, mode: SlabMode) -> NDArray[Any]:
    if mode == "mean":
        mean = part.mean(axis=axis, keepdims=True, dtype=np.float64)
        made: NDArray[Any] = (np.rint(mean) if part.dtype.kind in "iu" else mean).astype(part.dtype)
        return made
    projected: NDArray[Any] = (part.max if mode == "max" else part.min)(axis=axis, keepdims=True)
    return projected
