"""Values of an array on another grid of the same patient space."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medview.imaging.reorientation import direction
from medview.study.geometry import FloatArray, Geometry


def resample(
    array: NDArray[Any],
    source: Geometry,
    target: Geometry,
    interpolation: Literal["linear", "nearest"] = "linear",
    outside: float = 0.0,
) -> NDArray[Any]:
    """Return `array`, which lies on `source`, at the voxel centres of `target`.

    Both grids may be oblique or sheared. A voxel of the source fills half a step to each side of its centre; what lies
    beyond the source's outer faces is `outside`. Nothing is smoothed before: a much coarser target aliases.

    Parameters
    ----------
    array
        (slices, rows, columns), real numbers or bool.
    interpolation
        "linear" returns float32; "nearest" returns the dtype of `array`: use it for labels.
    """
    sitk = _itk()
    if array.shape != source.shape:
        raise ValueError(f"array {array.shape} does not fit its geometry {source.shape}")
    values = array.astype(np.uint8) if array.dtype == np.bool_ else array
    is_linear = interpolation == "linear"
    # both grids are given to ITK as plain index grids, so that it never sees a sheared direction matrix
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize([int(n) for n in reversed(target.shape)])
    resampler.SetTransform(_index_transform(np.linalg.inv(source.affine) @ target.affine))
    resampler.SetInterpolator(sitk.sitkLinear if is_linear else sitk.sitkNearestNeighbor)
    resampler.SetDefaultPixelValue(float(outside))
    if is_linear:
        resampler.SetOutputPixelType(sitk.sitkFloat32)
    resampled: NDArray[Any] = sitk.GetArrayFromImage(
        resampler.Execute(sitk.GetImageFromArray(np.ascontiguousarray(values)))
    )
    return resampled if is_linear else resampled.astype(array.dtype, copy=False)


def grid_around(centre_mm: FloatArray, letters: str, size: int, spacing_mm: float) -> Geometry:
    """Return a cube of `size` voxels a side whose axes run along patient directions, such as "LIA", around a point."""
    affine = np.eye(4)
    affine[:3, :3] = np.stack([direction(letter) for letter in letters], axis=1) * spacing_mm
    affine[:3, 3] = centre_mm - affine[:3, :3] @ np.full(3, (size - 1) / 2.0)
    return Geometry((size, size, size), affine)


def _index_transform(matrix: FloatArray) -> Any:
    """Return the ITK transform, in its (column, row, slice) order, of a 4x4 from target to source index."""
    transform = _itk().AffineTransform(3)
    transform.SetMatrix(matrix[:3, :3][::-1, ::-1].ravel().tolist())
    transform.SetTranslation(matrix[:3, 3][::-1].tolist())
    return transform


def _itk() -> Any:
    """Import SimpleITK late, and untyped: its own annotations are partial."""
    import SimpleITK

    return SimpleITK
