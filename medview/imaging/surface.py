"""The surface of a mask as triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import Geometry

_ROUNDS = 10
_SHRINK, _SWELL = 0.5, -0.53  # Taubin's pair: the second undoes the shrinking of the first
_MOST_MOVED = 0.5  # voxels, along each index axis


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
    from skimage import measure

    marching_cubes: Any = measure.marching_cubes  # untyped
    box, start = _box(mask)
    # the rim of background closes the surface where the mask touches the edge of the volume
    points, triangles, _, _ = marching_cubes(np.pad(mask[box].astype(np.float32), 1), 0.5)
    points = _smoothed(points.astype(np.float64), triangles) + (start - 1)
    vertices = geometry.to_mm(points)
    if _signed_volume(vertices, triangles) < 0:
        triangles = triangles[:, ::-1]
    return vertices.astype(np.float32), np.ascontiguousarray(triangles, dtype=np.int32)


def enclosed_ml(vertices_mm: NDArray[Any], triangles: NDArray[Any]) -> float:
    """Return the volume that a closed surface encloses, in millilitres."""
    return _signed_volume(vertices_mm.astype(np.float64), triangles) / 1000.0


def _box(mask: NDArray[np.bool_]) -> tuple[tuple[slice, ...], NDArray[np.int64]]:
    """Return the bounding box of a mask, and its first corner."""
    edges = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        filled = np.flatnonzero(mask.any(axis=others))
        edges.append((int(filled[0]), int(filled[-1]) + 1))
    return tuple(slice(a, b) for a, b in edges), np.array([a for a, _ in edges])


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
