"""Displacements on a grid at right angles: what DICOM can tell of images that were bent (PS3.3 C.20.3.1.2)."""

from __future__ import annotations

import numpy as np

from medview.progress import Progress, unheard
from medview.study.geometry import FloatArray, Geometry
from medview.study.spatial_transform import DisplacementField, SpatialTransform

_STEP_MM = 4.0  # of a grid that is laid anew
_STRAIGHT = 1e-6


def field_grid(transform: SpatialTransform) -> Geometry:
    """Return where the points of a transform's field lie in the space it leads from; ValueError without a field."""
    if transform.displacement is None:
        raise ValueError("the transform has no displacements")
    grid = transform.displacement.geometry
    return Geometry(grid.shape, np.linalg.inv(transform.before) @ grid.affine)


def with_orthogonal_field(
    transform: SpatialTransform, like: Geometry, progress: Progress = unheard
) -> SpatialTransform:
    """Return the transform with its displacements at right angles, slices along the cross product of row and column.

    A grid that lies so is kept as it is, its slices turned round where they run the other way. Any other is sampled
    anew, every 4 mm over the images that `like` is the grid of; outside them nothing is moved.
    """
    field = transform.displacement
    if field is None:
        return transform
    directions = field_grid(transform).directions
    if not np.allclose(directions.T @ directions, np.eye(3), atol=_STRAIGHT):
        return SpatialTransform(np.eye(4), _sampled(transform, like, progress), np.eye(4))
    if float(np.cross(directions[:, 2], directions[:, 1]) @ directions[:, 0]) > 0:
        return transform
    affine = field.geometry.affine.copy()
    affine[:3, 3] += (field.geometry.shape[0] - 1) * affine[:3, 0]
    affine[:3, 0] *= -1.0
    turned = DisplacementField(field.vectors[::-1], Geometry(field.geometry.shape, affine))
    return SpatialTransform(transform.before, turned, transform.after)


def _sampled(transform: SpatialTransform, like: Geometry, progress: Progress) -> DisplacementField:
    """Return what a transform moves points by, on a grid that holds the images."""
    grid = _box(like)
    vectors = np.empty((*grid.shape, 3), np.float32)
    plane = np.moveaxis(np.indices(grid.shape[1:]), 0, -1)
    for number in range(grid.shape[0]):
        progress(number / grid.shape[0], "Writing")
        points = grid.to_mm(np.concatenate([np.full((*plane.shape[:2], 1), number), plane], axis=-1))
        vectors[number] = transform.to_other(points) - points
    return DisplacementField(vectors, grid)


def _box(like: Geometry) -> Geometry:
    """Return an even grid at right angles, its rows as those of the images, that holds all their voxels."""
    axes = _axes(like.directions)
    ends = np.stack(np.meshgrid(*[(0, n - 1) for n in like.shape], indexing="ij"), axis=-1).reshape(8, 3)
    corners = like.to_mm(ends) @ axes
    low, high = corners.min(axis=0), corners.max(axis=0)
    slices, rows, columns = (int(n) + 1 for n in np.ceil((high - low) / _STEP_MM))
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes * _STEP_MM, axes @ low
    return Geometry((slices, rows, columns), affine)


def _axes(directions: FloatArray) -> FloatArray:
    """Return unit vectors at right angles along slices, rows and columns, the last as it was."""
    right = directions[:, 2]
    normal = np.cross(right, directions[:, 1])
    normal = normal / np.linalg.norm(normal)
    axes: FloatArray = np.stack([normal, np.cross(normal, right), right], axis=1)
    return axes
