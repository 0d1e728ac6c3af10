"""A volume with fewer voxels, for pictures that must come at once."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.progress import Progress, unheard
from medview.study.geometry import Geometry


def reduced(
    array: NDArray[Any], geometry: Geometry, factors: tuple[int, int, int], progress: Progress = unheard
) -> tuple[NDArray[Any], Geometry]:
    """Return blocks of (slices, rows, columns) voxels averaged into one, and where the blocks lie.

    Returns
    -------
    array
        Of the same type, C-ordered; the input itself where every factor is 1. A rest that fills no block is left out.
    geometry
        With the centres of the blocks.

    Examples
    --------
    >>> geometry = Geometry.from_axes((1, 1, 4), origin=(0, 0, 0), slice_step=(0, 0, 1), row_step=(0, 1, 0),
    ...                               column_step=(2, 0, 0))
    >>> small, grid = reduced(np.array([[[0, 2, 4, 8]]], dtype=np.int16), geometry, (1, 1, 2))
    >>> small.tolist(), grid.to_mm((0, 0, 0)).tolist(), grid.spacing_mm[2]
    ([[[1, 6]]], [1.0, 0.0, 0.0], 4.0)
    """
    if max(factors) == 1:
        return np.ascontiguousarray(array), geometry
    shape = tuple(n // f for n, f in zip(array.shape, factors, strict=True))
    total = np.zeros(shape, dtype=np.float32 if array.dtype.kind == "f" else np.int32)
    shifts = list(product(*(range(f) for f in factors)))
    for place, shift in enumerate(shifts):
        progress(place / len(shifts))
        total += array[tuple(slice(s, s + n * f, f) for s, n, f in zip(shift, shape, factors, strict=True))]
    count = int(np.prod(factors))
    small = (total / count if array.dtype.kind == "f" else total // count).astype(array.dtype)
    affine = geometry.affine.copy()
    affine[:3, :3] *= factors
    affine[:3, 3] = geometry.to_mm([(f - 1) / 2 for f in factors])
    facts = {name: getattr(geometry, name) for name in ("has_spacing", "has_orientation", "has_depth")}
    return small, Geometry((shape[0], shape[1], shape[2]), affine, geometry.frame_of_reference_uid, **facts)
