"""The surface of a mask as triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.bounding_box import bounding_box
from medview.study.geometry import Geometry

_ROUNDS = 10
_SHRINK, _SWELL = 0.5, -0.53  # Taubin's pair: the second undoes the shrinking of the first
_MOST_MOVED = 0.5  # voxels, along each index axis
_SLAB = 2**19  # voxels


def surface(mask: NDArray[np.bool_], geometry: Geometry) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the closed surface of a mask: vertices (n, 3) in LPS mm, triangles (m, 3) facing outwards.

    Voxel steps are smoothed without changing which vertices are joined; no vertex moves by more than half a voxel,
    so that the surface stays where the mask's is.

    Raises
    ------
    ValueError
        The mask is empty, or of another shape than the geometry.
    """
    if mask.shape != geometry.shape:
        raise ValueError(f"the mask {mask.shape} does not fit its geometry {geometry.shape}")
    if not mask.any():
        raise ValueError("the mask is empty")
    box = bounding_box(mask)
    assert box is not None  # it is not empty
    # the rim of background closes the surface where the mask touches the edge of the volume
    points, triangles = _cut(np.pad(mask[box], 1))
    points = _smoothed(points, triangles) + [side.start - 1 for side in box]
    vertices = geometry.to_mm(points)
    if _signed_volume(vertices, triangles) < 0:
        triangles = triangles[:, ::-1]
    return vertices.astype(np.float32), np.ascontiguousarray(triangles, dtype=np.int32)


def enclosed_ml(vertices_mm: NDArray[Any], triangles: NDArray[Any]) -> float:
    """Return the volume that a closed surface encloses, in millilitres."""
    return _signed_volume(vertices_mm.astype(np.float64), triangles) / 1000.0


def _cut(mask: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the marching cubes of a mask, made slab by slab: they hold the interpreter, and with it the window."""
    from skimage import measure

    marching_cubes: Any = measure.marching_cubes  # untyped
    step = max(1, _SLAB // mask[0].size)
    points, corners, count = [np.empty((0, 3))], [np.empty((0, 3), dtype=np.int64)], 0
    for first in range(0, len(mask) - 1, step):
        slab = mask[first : first + step + 1]  # the last slice is the first of the next slab
        if slab.any() and not slab.all():
            found, triangles, _, _ = marching_cubes(slab.astype(np.float32), 0.5)
            points.append(found + (first, 0, 0))
            corners.append(triangles.astype(np.int64) + count)
            count += len(found)
    return _joined(np.concatenate(points), np.concatenate(corners), mask.shape)


def _joined(
    points: NDArray[np.float64], triangles: NDArray[np.int64], shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a surface of which each point is there once: those between two slabs came with both."""
    twice = np.rint(2 * points).astype(np.int64)  # points lie half way between voxels: twice that is exact
    key = np.ravel_multi_index((twice[:, 0], twice[:, 1], twice[:, 2]), tuple(2 * n for n in shape))
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return points[first], place[triangles]


def _smoothed(points: NDArray[np.float64], triangles: NDArray[Any]) -> NDArray[np.float64]:
    """Return points moved towards the mean of their neighbours and back (Taubin 1995), in index space."""
    from scipy.sparse import coo_matrix

    count = len(points)
    starts, ends = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    joined = coo_matrix((np.ones(len(starts), dtype=np.float32), (starts, ends)), shape=(count, count)).tocsr()
    joined = joined + joined.T  # each edge of a closed surface is in two triangles: every weight is the same
    degree = np.asarray(joined.sum(axis=1))
    moved = points.copy()
    for _ in range(_ROUNDS):
        for weight in (_SHRINK, _SWELL):
            moved += weight * (joined @ moved / degree - moved)
    return points + np.clip(moved - points, -_MOST_MOVED, _MOST_MOVED)


def _signed_volume(vertices: NDArray[np.float64], triangles: NDArray[Any]) -> float:
    centred = vertices - vertices.mean(axis=0)
    a, b, c = (centred[triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)
