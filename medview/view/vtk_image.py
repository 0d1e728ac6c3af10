"""Arrays as VTK sees them, and back, on the same memory."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


def image_data(array: NDArray[Any], spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Any:
    """Return a vtkImageData on the memory of `array` (slices, rows, columns); spacing in that order.

    The image keeps the array alive. An array that is not C-ordered is copied; bool is not known to VTK (TypeError).
    """
    from vtkmodules.util import numpy_support
    from vtkmodules.vtkCommonDataModel import vtkImageData

    support: Any = numpy_support
    image = vtkImageData()
    image.SetDimensions(array.shape[2], array.shape[1], array.shape[0])
    image.SetSpacing(spacing_mm[2], spacing_mm[1], spacing_mm[0])
    image.GetPointData().SetScalars(support.numpy_to_vtk(array.reshape(-1), deep=0))
    return image


def image_array(image: Any) -> NDArray[Any]:
    """Return the scalars of a vtkImageData as (slices, rows, columns); the array keeps them alive."""
    from vtkmodules.util import numpy_support

    support: Any = numpy_support
    columns, rows, slices = image.GetDimensions()
    array: NDArray[Any] = support.vtk_to_numpy(image.GetPointData().GetScalars()).reshape(slices, rows, columns)
    return array
