"""Between the program's arrays and geometries and those of ITK, whose order is (column, row, slice)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import FloatArray, Geometry
from medview.study.spatial_transform import DisplacementField


def itk() -> Any:
    """Import SimpleITK late, since it is heavy, and untyped: its own annotations are partial."""
    import SimpleITK

    return SimpleITK


def itk_image(array: NDArray[Any], geometry: Geometry) -> Any:
    """Return a copy of an array (slices, rows, columns) as an ITK image in LPS mm.

    Sheared grids are carried as they are: ITK keeps any direction matrix that can be inverted.
    """
    image = itk().GetImageFromArray(np.ascontiguousarray(array))
    image.SetSpacing([float(s) for s in reversed(geometry.spacing_mm)])
    image.SetOrigin([float(n) for n in geometry.affine[:3, 3]])
    image.SetDirection(geometry.directions[:, ::-1].ravel().tolist())
    return image


def itk_affine(matrix: FloatArray) -> Any:
    """Return the ITK transform of a 4x4, LPS mm to LPS mm."""
    transform = itk().AffineTransform(3)
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    transform.SetTranslation(matrix[:3, 3].tolist())
    return transform


def affine_matrix(transform: Any) -> FloatArray:
    """Return the 4x4 of an ITK transform that keeps straight lines straight, whatever its class and centre."""
    origin = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    axes = [np.array(transform.TransformPoint(tuple(row))) - origin for row in 100.0 * np.eye(3)]
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack(axes, axis=1) / 100.0
    matrix[:3, 3] = origin
    return matrix


def displacement_transform(transform: Any, like: Any) -> Any:
    """Return an ITK transform as displacements at the voxel centres of an ITK image."""
    sitk = itk()
    return sitk.DisplacementFieldTransform(_displacement(transform, like, sitk.sitkVectorFloat64))


def sampled_displacement(transform: Any, like: Any, frame_of_reference_uid: str) -> DisplacementField:
    """Return what an ITK transform moves each voxel centre of an ITK image by."""
    sitk = itk()
    field = _displacement(transform, like, sitk.sitkVectorFloat32)
    direction = np.array(like.GetDirection()).reshape(3, 3)
    affine = np.eye(4)
    affine[:3, :3] = (direction * np.array(like.GetSpacing()))[:, ::-1]
    affine[:3, 3] = like.GetOrigin()
    shape = like.GetSize()[::-1]
    return DisplacementField(sitk.GetArrayFromImage(field), Geometry(shape, affine, frame_of_reference_uid))


def _displacement(transform: Any, like: Any, pixel: int) -> Any:
    sitk = itk()
    size, place = like.GetSize(), (like.GetOrigin(), like.GetSpacing(), like.GetDirection())
    return sitk.TransformToDisplacementField(transform, pixel, size, *place)
