"""Values of an array between its voxels."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.padding import Range, is_padding


def sampled(array: NDArray[Any], index: NDArray[np.float64], padding: Range | None = None) -> NDArray[np.float64]:
    """Return linearly interpolated values at fractional indices (slice, row, column); NaN where there are none.

    A voxel fills half a step to each side of its centre: within the outermost half step the value is that of the face.

    Parameters
    ----------
    array
        (slices, rows, columns), or with colours as a last axis.
    index
        (n, 3).
    padding
        Lowest and highest value that stands for no value: what would be mixed from one is NaN.
    """
    shape = np.array(array.shape[:3])
    inside = np.all((index >= -0.5) & (index <= shape - 0.5), axis=1)
    place = np.clip(index[inside], 0, shape - 1)
    low = np.minimum(np.floor(place).astype(np.intp), np.maximum(shape - 2, 0))
    part = place - low
    found = np.zeros((len(place), *array.shape[3:]))
    for corner in product((0, 1), repeat=3):
        weight = np.prod(np.where(corner, part, 1.0 - part), axis=1)
        neighbour = np.minimum(low + corner, shape - 1)
        values = array[tuple(neighbour.T)].astype(np.float64)
        if padding is not None:
            values[is_padding(values, padding)] = np.nan
        used = weight > 0
        found[used] += values[used] * weight[used].reshape(-1, *[1] * (values.ndim - 1))
    result = np.full((len(index), *array.shape[3:]), np.nan)
    result[inside] = found
    return result
