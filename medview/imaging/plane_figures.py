"""Lengths, areas and angles of lines and closed figures given by points, in whatever unit the points are in.

Points are (n, d) with d 2 or 3; figures in space lie in a plane.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medview.study.measurement import ellipse_outline

FloatArray = NDArray[np.float64]
_ROUND_STEPS = 1440  # the length of an ellipse is off by less than 4e-6 of it


def polyline_length(points: FloatArray) -> float:
    """Return the length of the line through points.

    >>> polyline_length(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]]))
    6.0
    """
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def closed(points: FloatArray) -> FloatArray:
    """Return the corners with the first one again at the end."""
    return np.concatenate([points, points[:1]])


def polygon_area(corners: FloatArray) -> float:
    """Return the area inside a polygon that does not cross itself.

    >>> polygon_area(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]]))
    6.0
    """
    edge = closed(corners) - corners.mean(axis=0)
    return float(np.linalg.norm(_cross(edge[:-1], edge[1:]).sum(axis=0)) / 2.0)


def ellipse_area(ends: FloatArray) -> float:
    """Return the area of the ellipse through the ends of one axis, then of the other.

    >>> round(ellipse_area(np.array([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])) / np.pi, 9)
    2.0
    """
    return float(np.pi / 4.0 * np.linalg.norm(_cross(ends[1] - ends[0], ends[3] - ends[2])))


def ellipse_perimeter(ends: FloatArray) -> float:
    """Return the length round the ellipse through the ends of one axis, then of the other."""
    return polyline_length(ellipse_outline(ends, _ROUND_STEPS))


def angle_deg(one: FloatArray, other: FloatArray) -> float | None:
    """Return the angle between two vectors, 0 to 180 degrees; None where one has no length.

    >>> angle_deg(np.array([1.0, 0.0]), np.array([-1.0, 1.0]))
    135.0
    """
    if not np.any(one) or not np.any(other):
        return None
    # the arc tangent is exact where the arc cosine is not: near 0 and 180 degrees
    return float(np.rad2deg(np.arctan2(np.linalg.norm(_cross(one, other)), one @ other)))


def cobb_deg(points: FloatArray, normal: FloatArray | None = None) -> float | None:
    """Return the Cobb angle of two end plates, points 0 to 1 and 2 to 3, in degrees; None where one has no length.

    It does not matter from which end either line is drawn: both are read from the same side of the spine, which runs
    from the middle of one line to that of the other, so that a curve of more than 90 degrees is told as such. Lines
    that cross in their middles have no such sides; their acute angle is returned. Cobb JR: Outline for the study of
    scoliosis. Instr Course Lect 5:261-275, 1948.

    Parameters
    ----------
    normal
        (3,) of the plane, for points in space.

    Examples
    --------
    >>> tilted = np.array([[0.0, 0.0], [4.0, 3.0], [4.0, 20.0], [0.0, 20.0]])
    >>> round(cobb_deg(tilted), 3)
    36.87
    """
    one, other = points[1] - points[0], points[3] - points[2]
    spine = (points[2] + points[3] - points[0] - points[1]) / 2.0
    angle = angle_deg(one, other)
    if angle is None:
        return None
    across = np.array([-spine[1], spine[0]]) if normal is None else np.cross(normal, spine)
    sides = float(one @ across) * float(other @ across)
    if sides == 0.0:
        return min(angle, 180.0 - angle)
    return angle if sides > 0 else 180.0 - angle


def crosses_itself(corners: FloatArray) -> bool:
    """Whether the outline of a polygon (n, 2) cuts or touches itself, but for one edge following another.

    >>> crosses_itself(np.array([[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0]]))
    True
    """
    start = corners[np.any(corners != np.roll(corners, 1, axis=0), axis=1)]
    end, count = np.roll(start, -1, axis=0), len(start)
    if count < 3:
        return False
    axis = int(np.argmax(np.ptp(start, axis=0)))
    low, high = np.minimum(start, end)[:, axis], np.maximum(start, end)[:, axis]
    order = np.argsort(low)
    # of edges sorted by where they begin, only those can meet that begin before another ends
    last = np.searchsorted(low[order], high[order], side="right")
    number = np.maximum(last - np.arange(count) - 1, 0)
    first = np.repeat(np.arange(count), number)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(number) - number, number)
    one, other = order[first], order[second]
    apart = (one - other) % count
    strangers = (apart != 1) & (apart != count - 1)  # neighbours have a corner in common
    one, other = one[strangers], other[strangers]
    return bool(_meet(start[one], end[one], start[other], end[other]).any())


def _meet(start: FloatArray, end: FloatArray, starts: FloatArray, ends: FloatArray) -> NDArray[np.bool_]:
    """Whether edges have a point in common with others, pair by pair."""
    along, across = end - start, ends - starts
    sides = _cross(along, starts - start) * _cross(along, ends - start)
    other_sides = _cross(across, start - starts) * _cross(across, end - starts)
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    overlaps = (low <= np.maximum(start, end)) & (high >= np.minimum(start, end))
    met: NDArray[np.bool_] = (sides <= 0) & (other_sides <= 0) & overlaps.all(axis=1)
    return met


def plane_axes(normal: FloatArray) -> FloatArray:
    """Return (2, 3) unit vectors at right angles to each other and to a unit normal."""
    right = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(normal, right)])


def flat(points: FloatArray, normal: FloatArray) -> tuple[FloatArray, float]:
    """Return points (n, 3) as (n, 2) along `plane_axes` from their middle, and how far the farthest lies off it."""
    offset = points - points.mean(axis=0)
    in_plane: FloatArray = offset @ plane_axes(normal).T
    return in_plane, float(np.abs(offset @ normal).max())


def _cross(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the cross products of vectors: of flat ones the height alone."""
    if one.shape[-1] == 3:
        return np.cross(one, other)
    height: FloatArray = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    return height
