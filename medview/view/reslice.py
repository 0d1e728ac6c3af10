"""Sampling a volume once on any flat grid: oblique planes, slabs, and grids that are sheared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.session.viewport import SlabMode
from medview.study.geometry import Geometry
from medview.view.picture_grid import PictureGrid
from medview.view.reslicer import Reslicer


def reslice(
    array: NDArray[Any],
    geometry: Geometry,
    grid: PictureGrid,
    *,
    nearest: bool = False,
    slab_mm: float = 0.0,
    slab_mode: SlabMode = "max",
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the values of `array` at the pixel centres of `grid`, and where they lie inside the volume.

    Parameters and results are those of `Reslicer`; who looks at many planes of one array keeps one.
    """
    return Reslicer(array, geometry, nearest=nearest).sample(grid, slab_mm, slab_mode)
