"""Frames of an object laid along a line as a regular grid, in the order of their places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medview.study.geometry import FloatArray, Geometry

_SAME_COSINE = 1e-3
_EVEN_MM = 0.05


def frame_stack(
    size: tuple[int, int],
    positions_mm: ArrayLike,
    orientation: Sequence[float],
    pixel_spacing: Sequence[float],
    thickness_mm: float | None,
    frame_of_reference_uid: str,
) -> tuple[Geometry, NDArray[np.intp]] | None:
    """Return the geometry of parallel frames and the order of the frames along it; None where they are not even.

    Parameters
    ----------
    size
        (rows, columns).
    positions_mm
        (n, 3) LPS of the centres of each frame's first pixel.
    orientation
        Cosines of the row direction, then of the column direction (PS3.3 C.7.6.2.1.1).
    pixel_spacing
        Distance of rows, then of columns, in mm.
    thickness_mm
        Of a single frame, None where it is not known.
    """
    points = np.asarray(positions_mm, dtype=np.float64).reshape(-1, 3)
    along_row, along_column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(along_row, along_column)
    if abs(np.linalg.norm(normal) - 1.0) > _SAME_COSINE or min(pixel_spacing) <= 0:
        return None
    order = np.argsort(points @ normal, kind="stable")
    points = points[order]
    step = _step(points)
    if step is None:
        return None
    single = len(points) == 1
    geometry = Geometry.from_axes(
        (len(points), *size),
        origin=points[0],
        slice_step=normal * (thickness_mm or 1.0) if single else step,
        row_step=along_column * pixel_spacing[0],
        column_step=along_row * pixel_spacing[1],
        frame_of_reference_uid=frame_of_reference_uid,
        has_depth=not single or bool(thickness_mm),
    )
    return geometry, order


def _step(points: FloatArray) -> FloatArray | None:
    """Return the vector from one frame to the next; None where it is not the same for all."""
    if len(points) < 2:
        return np.zeros(3)
    step: FloatArray = (points[-1] - points[0]) / (len(points) - 1)
    expected = points[0] + np.arange(len(points))[:, None] * step
    even = np.abs(points - expected).max() <= _EVEN_MM and np.linalg.norm(step) > _EVEN_MM
    return step if even else None
