"""The values of a volume on a curved sheet."""

from __future__ import annotations

from math import ceil
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medview.imaging.curved_sheet import CurvedSheet
from medview.progress import Progress, unheard
from medview.study.geometry import Geometry


def sheet_values(
    array: NDArray[Any],
    geometry: Geometry,
    sheet: CurvedSheet,
    rows: int,
    *,
    slab_mm: float = 0.0,
    slab_mode: Literal["max", "mean", "min"] = "max",
    layer_mm: float | None = None,
    progress: Progress = unheard,
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the linearly interpolated values on a sheet, and where they lie inside the volume.

    Parameters
    ----------
    array
        (slices, rows, columns); not copied.
    rows
        Of the picture: pixel centres lie evenly across the sheet's extent.
    slab_mm, slab_mode
        Project a slab of this thickness about the sheet, along its own normals; 0 takes the sheet itself.
    layer_mm
        Greatest distance of the samples through the slab; the finest voxel spacing where it is not given.

    Returns
    -------
    values
        (rows, lines) of the array's type; 0 outside. Column 0 is the beginning of the path, row 0 the least across.
    inside
        (rows, lines), for the sheet itself.
    """
    low, high = sheet.extent_mm
    across = low + (np.arange(rows) + 0.5) / rows * (high - low)
    half = ceil(slab_mm / 2.0 / (layer_mm or min(geometry.spacing_mm)) - 1e-9)
    depths = np.linspace(-slab_mm / 2.0, slab_mm / 2.0, 2 * half + 1) if half > 0 else np.zeros(1)
    made = np.zeros((rows, len(sheet.base_mm)))
    counted = np.zeros(made.shape, dtype=np.int32)
    middle = np.zeros(made.shape, dtype=np.bool_)
    for number, depth in enumerate(depths):
        progress(number / len(depths), "")
        values, inside = _layer(array, geometry, sheet, across, float(depth))
        _project(made, counted, values, inside, slab_mode)
        middle = inside if number == len(depths) // 2 else middle
    if slab_mode == "mean":
        made /= np.maximum(counted, 1)
    made[counted == 0] = 0.0
    return (np.rint(made) if array.dtype.kind in "iu" else made).astype(array.dtype), middle


def _layer(
    array: NDArray[Any], geometry: Geometry, sheet: CurvedSheet, across: NDArray[np.float64], depth_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    from scipy.ndimage import map_coordinates

    to_index = np.linalg.inv(geometry.affine[:3, :3])
    base = geometry.to_index(sheet.base_mm + depth_mm * sheet.through).T  # (3, lines)
    steps = to_index @ sheet.across.T
    index = base[:, None, :] + across[:, None] * steps[:, None, :]
    last = np.array(array.shape)[:, None, None] - 0.5
    within = (index >= -0.5) & (index <= last)
    inside: NDArray[np.bool_] = within[0] & within[1] & within[2]
    values = map_coordinates(array, index, output=np.float64, order=1, mode="nearest")
    return values, inside


def _project(
    made: NDArray[np.float64],
    counted: NDArray[np.int32],
    values: NDArray[np.float64],
    inside: NDArray[np.bool_],
    mode: Literal["max", "mean", "min"],
) -> None:
    """Take a layer into the projection; what lies outside the volume takes no part."""
    first = inside & (counted == 0)
    later = inside & (counted > 0)
    made[first] = values[first]
    if mode == "mean":
        made[later] += values[later]
    else:
        made[later] = (np.maximum if mode == "max" else np.minimum)(made[later], values[later])
    counted += inside
