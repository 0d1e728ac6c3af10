"""Projecting the slices of a slab along a volume's own axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.plane import SlicePlane
from medview.session.viewport import SlabMode


def slab(array: NDArray[Any], plane: SlicePlane, index: int, thickness_mm: float, mode: SlabMode) -> NDArray[Any]:
    """Return the projection (height, width) of the slices whose centres lie in a slab about slice `index`.

    Voxels are taken as they are, without interpolation. A slab thinner than the distance of slices is the slice itself,
    as a view of `array`. The mean is rounded to the array's type.
    """
    reach = int(thickness_mm / 2 / plane.geometry.spacing_mm[plane.axis] + 1e-6)
    if reach <= 0:
        return plane.slice_view(array, index)
    first, last = max(index - reach, 0), min(index + reach, plane.slice_count - 1)
    part = array[tuple(slice(first, last + 1) if axis == plane.axis else slice(None) for axis in range(3))]
    if mode == "mean":
        projected = part.mean(axis=plane.axis, keepdims=True, dtype=np.float64)
        projected = (np.rint(projected) if array.dtype.kind in "iu" else projected).astype(array.dtype)
    else:
        projected = (part.max if mode == "max" else part.min)(axis=plane.axis, keepdims=True)
    return plane.slice_view(projected, 0)
