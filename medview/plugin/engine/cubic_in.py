"""The images on the network's grid by cubic splines, as nnU-Net resamples what it was trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.plugin.engine.model_grid import ModelGrid
from medview.progress import Progress, unheard

_ANISOTROPIC = 3.0  # longest over shortest step (Isensee 2021, nnU-Net): beyond it slices are taken one by one


def cubic_in(
    array: NDArray[Any], grid: ModelGrid, spacing_mm: tuple[float, float, float], progress: Progress = unheard
) -> NDArray[np.float32]:
    """Return values on a grid that fills the same box, float32 (slices, rows, columns), axes running its way.

    Where one axis has steps over three times as long as another, before or after, the splines run within the planes
    across it, and along it the nearest value is taken.

    Parameters
    ----------
    array
        (slices, rows, columns) float32, on the images' grid.
    spacing_mm
        Of the images along slices, rows and columns.
    """
    backwards = tuple(slice(None, None, -1 if axis.step < 0 else 1) for axis in grid.maps)
    values: NDArray[np.float32] = array[backwards]
    if grid.size == array.shape:
        return np.ascontiguousarray(values)
    coarse = _coarse_axis(spacing_mm) or _coarse_axis(_steps_mm(grid, spacing_mm))
    if coarse is None:
        progress(0.0, "Resampling")
        return _splines(values, grid.size)
    planes = np.moveaxis(values, coarse - 1, 0)
    size = tuple(n for axis, n in enumerate(grid.size) if axis != coarse - 1)
    out = np.empty((len(planes), *size), dtype=np.float32)
    for number, plane in enumerate(planes):
        progress(number / len(planes), "Resampling")
        out[number] = _splines(plane, size)
    return np.ascontiguousarray(np.moveaxis(out[_nearest(len(planes), grid.size[coarse - 1])], 0, coarse - 1))


def _steps_mm(grid: ModelGrid, spacing_mm: tuple[float, float, float]) -> tuple[float, float, float]:
    a, b, c = (abs(axis.step) * mm for axis, mm in zip(grid.maps, spacing_mm, strict=True))
    return a, b, c


def _coarse_axis(spacing_mm: tuple[float, float, float]) -> int | None:
    """Return the number, from 1, of the one axis whose steps are far longer; None where there is none."""
    longest = max(spacing_mm)
    if longest <= _ANISOTROPIC * min(spacing_mm) or spacing_mm.count(longest) > 1:
        return None
    return spacing_mm.index(longest) + 1


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
