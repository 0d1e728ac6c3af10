"""Sampling a volume on any flat grid: oblique planes, slabs, and grids that are sheared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.session.viewport import SlabMode
from medview.study.geometry import Geometry
from medview.view.picture_grid import PictureGrid
from medview.view.vtk_image import image_array, image_data


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

    Parameters
    ----------
    array
        (slices, rows, columns), any type VTK knows (not bool); no copy is made of a C-ordered one.
    geometry
        Of `array`; may be sheared.
    nearest
        Take the nearest voxel (labels) instead of interpolating linearly.
    slab_mm, slab_mode
        Project the slab of this thickness, centred on the grid; 0 takes the plane itself.

    Returns
    -------
    values
        (height, width) of the array's type; outside the voxels' outer faces 0.
    inside
        (height, width), for the plane in the middle of the slab.
    """
    matrix = grid.to_index_matrix(geometry)
    inside = _inside(matrix, grid.size, geometry.shape)
    slab = _slab_steps(geometry, grid, slab_mm)
    sampler: Any = _reslicer(array, matrix, slab[0], grid.size, nearest)
    if slab[1] > 1:
        sampler.SetSlabNumberOfSlices(slab[1])
        set_mode = {"max": sampler.SetSlabModeToMax, "mean": sampler.SetSlabModeToMean, "min": sampler.SetSlabModeToMin}
        set_mode[slab_mode]()
    sampler.Update()
    return image_array(sampler.GetOutput())[0], inside


def _slab_steps(geometry: Geometry, grid: PictureGrid, slab_mm: float) -> tuple[NDArray[np.float64], int]:
    """Return the index step from one sample of the slab to the next, and how many there are (odd)."""
    linear = np.linalg.inv(geometry.affine[:3, :3])
    step_mm = min(geometry.spacing_mm)
    count = 1 + 2 * int(slab_mm / 2 / step_mm)
    step: NDArray[np.float64] = linear @ (grid.normal * step_mm)
    return step, count


def _inside(matrix: NDArray[np.float64], size: tuple[int, int], shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    x, y = np.arange(size[0]) + 0.5, (np.arange(size[1]) + 0.5)[:, None]
    inside = np.ones((size[1], size[0]), dtype=np.bool_)
    for axis in range(3):
        index = matrix[axis, 0] + matrix[axis, 1] * x + matrix[axis, 2] * y
        inside &= (index >= -0.5) & (index <= shape[axis] - 0.5)
    return inside


def _reslicer(
    array: NDArray[Any],
    matrix: NDArray[np.float64],
    slab_step: NDArray[np.float64],
    size: tuple[int, int],
    nearest: bool,
) -> Any:
    """Return a vtkImageReslice that works in index space, so that any affine is honoured, shear included."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4
    from vtkmodules.vtkImagingCore import vtkImageReslice

    axes = vtkMatrix4x4()
    # picture (0.5, 0.5) is the centre of the first pixel, where VTK's output index (0, 0) lies
    columns = (matrix[:, 1], matrix[:, 2], slab_step, matrix[:, 0] + 0.5 * (matrix[:, 1] + matrix[:, 2]))
    for column, vector in enumerate(columns):
        for row in range(3):
            axes.SetElement(row, column, float(vector[2 - row]))  # VTK orders (column, row, slice)
    sampler = vtkImageReslice()
    sampler.SetInputData(image_data(array))
    sampler.SetResliceAxes(axes)
    sampler.SetOutputDimensionality(2)
    sampler.SetOutputSpacing(1.0, 1.0, 1.0)
    sampler.SetOutputOrigin(0.0, 0.0, 0.0)
    sampler.SetOutputExtent(0, size[0] - 1, 0, size[1] - 1, 0, 0)
    sampler.SetBackgroundLevel(0.0)
    sampler.BorderOn()
    sampler.AutoCropOutputOff()
    if nearest:
        sampler.SetInterpolationModeToNearestNeighbor()
    else:
        sampler.SetInterpolationModeToLinear()
    return sampler
