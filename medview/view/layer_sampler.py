"""The values of a volume on layers that lie across the line of sight, one behind the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import FloatArray, Geometry
from medview.view.vtk_image import image_array, image_data

OUTSIDE = np.float32(-1e30)  # in the place of a value where the volume does not reach


class LayerSampler:
    """Interpolates linearly in an array's own memory, with all processors and without OpenGL.

    It works in index space, so that any affine is honoured, shear included.
    """

    def __init__(self, array: NDArray[Any], geometry: Geometry) -> None:
        from vtkmodules.vtkCommonMath import vtkMatrix4x4
        from vtkmodules.vtkImagingCore import vtkImageReslice

        self._geometry = geometry
        self._axes = vtkMatrix4x4()
        self._reslice: Any = vtkImageReslice()
        self._reslice.SetInputData(image_data(array))
        self._reslice.SetResliceAxes(self._axes)
        self._reslice.SetOutputDimensionality(3)
        self._reslice.SetOutputSpacing(1.0, 1.0, 1.0)
        self._reslice.SetOutputOrigin(0.0, 0.0, 0.0)
        self._reslice.SetOutputScalarType(10)  # VTK_FLOAT
        self._reslice.SetBackgroundLevel(float(OUTSIDE))
        self._reslice.SetInterpolationModeToLinear()
        self._reslice.BorderOn()
        self._reslice.AutoCropOutputOff()

    def sample(
        self, start_mm: FloatArray, steps_mm: tuple[FloatArray, FloatArray, FloatArray], size: tuple[int, int, int]
    ) -> NDArray[np.float32]:
        """Return the values (layers, height, width) from an LPS point on; OUTSIDE beyond the voxels' outer faces.

        Parameters
        ----------
        steps_mm
            To the next pixel to the right, the next row down, the next layer.
        size
            (width, height, layers).
        """
        to_index = np.linalg.inv(self._geometry.affine[:3, :3])
        columns = [*(to_index @ step for step in steps_mm), self._geometry.to_index(start_mm)]
        for column, vector in enumerate(columns):
            for row in range(3):
                self._axes.SetElement(row, column, float(vector[2 - row]))  # VTK orders (column, row, slice)
        self._reslice.SetOutputExtent(0, size[0] - 1, 0, size[1] - 1, 0, size[2] - 1)
        self._reslice.Update()
        values: NDArray[np.float32] = image_array(self._reslice.GetOutput())
        return values
