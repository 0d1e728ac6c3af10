"""The images on the network's grid by cubic splines, as nnU-Net resamples what it was trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.plugin.engine.model_grid import ModelGrid
from medview.progress import Progress, unheard

_ANISOTROPIC = 3.0  # longest over shortest step (Isensee 2021, nnU-Net): beyond it slices are taken one by one
_EQUAL = 1e-6  # lengths that were worked out of the same number


def cubic_in(
    array: NDArray[Any],
    grid: ModelGrid,
    spacing_mm: tuple[float, float, float],
    wanted_mm: tuple[float, float, float],
    progress: Progress = unheard,
) -> NDArray[np.float32]:
    """Return values on a grid that fills the same box, float32 (slices, rows, columns), axes running its way.

    Where one axis has steps over three times as long as another, before or else after, the splines run within the
    planes across it, and along it the nearest value is taken; where two axes are the longest, none is taken by itself.

    Parameters
    ----------
    array
        (slices, rows, columns) float32, on the images' grid.
    spacing_mm
        Of the images along slices, rows and columns.
    wanted_mm
        What the network asks for along them, before it was rounded to a whole number of voxels; 0 keeps.
    """
    backwards = tuple(slice(None, None, -1 if axis.step < 0 else 1) for axis in grid.maps)
    values: NDArray[np.float32] = array[backwards]
    if grid.size == array.shape:
        return np.ascontiguousarray(values)
    after_mm = [wanted or own for wanted, own in zip(wanted_mm, spacing_mm, strict=True)]
    uneven = next((one for one in (spacing_mm, after_mm) if max(one) > _ANISOTROPIC * min(one)), None)
    coarse = _longest_axis(uneven) if uneven is not None else None
    if coarse is None:
        progress(0.0, "Resampling")
        return _splines(values, grid.size)
    planes = np.moveaxis(values, coarse, 0)
    size = tuple(n for axis, n in enumerate(grid.size) if axis != coarse)
    out = np.empty((len(planes), *size), dtype=np.float32)
    for number, plane in enumerate(planes):
        progress(number / len(planes), "Resampling")
        out[number] = _splines(plane, size)
    return np.ascontiguousarray(np.moveaxis(out[_nearest(len(planes), grid.size[coarse])], 0, coarse))


def _longest_axis(spacing_mm: Sequence[float]) -> int | None:
    """Return the one axis with the longest steps; None where several have them."""
    longest = [axis for axis, mm in enumerate(spacing_mm) if math.isclose(mm, max(spacing_mm), rel_tol=_EQUAL)]
    return longest[0] if len(longest) == 1 else None


def _splines(values: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    """Return values on a grid of `size` that fills the same box, held within their own range."""
    from scipy import ndimage

    factors = [new / old for new, old in zip(size, values.shape, strict=True)]
    zoomed = ndimage.zoom(values, factors, order=3, mode="nearest", grid_mode=True)
    held: NDArray[np.float32] = np.clip(zoomed, values.min(), values.max()).astype(np.float32, copy=False)
    return held


def _nearest(count: int, wanted: int) -> NDArray[np.int64]:
    """Return for each of the new planes the one whose middle is nearest."""
    places = (np.arange(wanted) + 0.5) * (count / wanted) - 0.5
    indices: NDArray[np.int64] = np.clip(np.floor(places + 0.5), 0, count - 1).astype(np.int64)
    return indices
