"""Samples one array on flat grids again and again, as planes are turned, without making anything anew."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.session.viewport import SlabMode
from medview.study.geometry import Geometry
from medview.view.picture_grid import PictureGrid
from medview.view.vtk_image import image_array, image_data

_Matrix = NDArray[np.float64]


class Reslicer:
    """A vtkImageReslice on an array's own memory, kept with its buffers from one plane to the next.

    It works in index space, so that any affine is honoured, shear included.

    Parameters
    ----------
    array
        (slices, rows, columns), any type VTK knows (not bool); no copy is made of a C-ordered one.
    geometry
        Of `array`; may be sheared.
    nearest
        Take the nearest voxel (labels) instead of interpolating linearly.
    """

    def __init__(self, array: NDArray[Any], geometry: Geometry, *, nearest: bool = False) -> None:
        from vtkmodules.vtkCommonMath import vtkMatrix4x4
        from vtkmodules.vtkImagingCore import vtkImageReslice

        self.array = array
        self.geometry = geometry
        self._axes = vtkMatrix4x4()
        self._sampler = sampler = vtkImageReslice()
        sampler.SetInputData(image_data(array))
        sampler.SetResliceAxes(self._axes)
        sampler.SetOutputDimensionality(2)
        sampler.SetOutputSpacing(1.0, 1.0, 1.0)
        sampler.SetOutputOrigin(0.0, 0.0, 0.0)
        sampler.SetBackgroundLevel(0.0)
        sampler.BorderOn()
        sampler.AutoCropOutputOff()
        if nearest:
            sampler.SetInterpolationModeToNearestNeighbor()
        else:
            sampler.SetInterpolationModeToLinear()

    def sample(
        self, grid: PictureGrid, slab_mm: float = 0.0, slab_mode: SlabMode = "max", *, coarse: bool = False
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the values at the pixel centres of a grid, and where these lie inside the volume.

        Parameters
        ----------
        slab_mm, slab_mode
            Project the slab of this thickness, centred on the grid; 0 takes the plane itself. Samples lie evenly from
            one face of the slab to the other, no farther apart than the finest voxel spacing; those outside the volume
            take no part.
        coarse
            Take them twice as far apart: while something moves.

        Returns
        -------
        values
            (height, width) of the array's type; outside the voxels' outer faces 0.
        inside
            (height, width), for the plane in the middle of the slab.
        """
        matrix = grid.to_index_matrix(self.geometry)
        count, step = self._slab(grid, slab_mm, coarse)
        self._aim(matrix, step)
        sampler = self._sampler
        sampler.SetOutputExtent(0, grid.size[0] - 1, 0, grid.size[1] - 1, 0, 0)
        sampler.SetSlabNumberOfSlices(count)
        if count > 1:
            modes = {
                "max": sampler.SetSlabModeToMax,
                "mean": sampler.SetSlabModeToMean,
                "min": sampler.SetSlabModeToMin,
            }
            modes[slab_mode]()
        sampler.Update()
        # the buffer is written again by the next plane
        values = image_array(sampler.GetOutput())[0].copy()
        return values, inside(matrix, grid.size, self.geometry.shape)

    def _slab(self, grid: PictureGrid, slab_mm: float, coarse: bool) -> tuple[int, _Matrix]:
        """Return how many samples lie across the slab (odd), and the index step from one to the next."""
        finest = min(self.geometry.spacing_mm) * (2.0 if coarse else 1.0)
        half = ceil(max(slab_mm, 0.0) / 2.0 / finest - 1e-9)
        step_mm = slab_mm / 2.0 / half if half else finest
        step: _Matrix = np.linalg.inv(self.geometry.affine[:3, :3]) @ (grid.normal * step_mm)
        return 1 + 2 * half, step

    def _aim(self, matrix: _Matrix, slab_step: _Matrix) -> None:
        # picture (0.5, 0.5) is the centre of the first pixel, where VTK's output index (0, 0) lies
        columns = (matrix[:, 1], matrix[:, 2], slab_step, matrix[:, 0] + 0.5 * (matrix[:, 1] + matrix[:, 2]))
        for column, vector in enumerate(columns):
            for row in range(3):
                self._axes.SetElement(row, column, float(vector[2 - row]))  # VTK orders (column, row, slice)


def inside(matrix: _Matrix, size: tuple[int, int], shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Return which pixel centres (height, width) lie within the voxels' outer faces.

    Along a row of pixels they are one run, of which only the two ends are worked out.

    Parameters
    ----------
    matrix
        As `PictureGrid.to_index_matrix` returns it.
    """
    y = np.arange(size[1]) + 0.5
    first, last = np.full(size[1], -np.inf), np.full(size[1], np.inf)
    for axis in range(3):
        start = matrix[axis, 0] + matrix[axis, 2] * y
        low, high = _run(start, matrix[axis, 1], shape[axis] - 0.5)
        first, last = np.maximum(first, low), np.minimum(last, high)
    x = np.arange(size[0]) + 0.5
    found: NDArray[np.bool_] = (x >= first[:, None]) & (x <= last[:, None])
    return found


def _run(start: _Matrix, step: float, most: float) -> tuple[_Matrix, _Matrix]:
    """Return from where to where x keeps start + step * x within -0.5 and `most`; nowhere is (inf, -inf)."""
    if abs(step) < 1e-12:
        lies = (start >= -0.5) & (start <= most)
        return np.where(lies, -np.inf, np.inf), np.where(lies, np.inf, -np.inf)
    one, other = (-0.5 - start) / step, (most - start) / step
    return np.minimum(one, other), np.maximum(one, other)
