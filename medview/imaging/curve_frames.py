"""Directions across a curve that turn no more than the curve itself makes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medview.imaging.curve import Curve
from medview.study.geometry import FloatArray


def curve_frames(curve: Curve, towards: ArrayLike) -> FloatArray:
    """Return a unit vector across the curve at each of its samples, (n, 3), carried along without twist.

    A frame that is carried in parallel (R. L. Bishop, "There is more than one way to frame a curve", American
    Mathematical Monthly 82, 1975) does not flip where a curve is straight or bends the other way, as Frenet's does.
    Worked out by double reflection (Wang, Juettler, Zheng and Liu, "Computation of rotation minimizing frames", ACM
    Transactions on Graphics 27, 2008).

    Parameters
    ----------
    towards
        LPS direction that the vector in the middle of the curve comes nearest to.
    """
    across = np.empty_like(curve.points_mm)
    middle = len(across) // 2
    across[middle] = perpendicular(curve.tangents[middle], towards)
    for before, after in [(i - 1, i) for i in range(middle + 1, len(across))]:
        across[after] = _carried(curve, across[before], before, after)
    for before, after in [(i + 1, i) for i in range(middle - 1, -1, -1)]:
        across[after] = _carried(curve, across[before], before, after)
    return across


def perpendicular(tangent: ArrayLike, towards: ArrayLike) -> FloatArray:
    """Return the unit vector at right angles to `tangent` that comes nearest to `towards`, or any where none does."""
    along = np.asarray(tangent, dtype=np.float64)
    for wish in (np.asarray(towards, dtype=np.float64), *np.eye(3)):
        found = wish - (wish @ along) * along
        if np.linalg.norm(found) > 0.05 * np.linalg.norm(wish):
            return np.asarray(found / np.linalg.norm(found), dtype=np.float64)
    raise ValueError("a direction has no length")


def _carried(curve: Curve, vector: FloatArray, before: int, after: int) -> FloatArray:
    """Carry a vector from one sample to its neighbour: reflected in the plane between them, then onto the tangent."""
    way = curve.points_mm[after] - curve.points_mm[before]
    square = way @ way
    vector = vector - 2.0 / square * (way @ vector) * way
    tangent = curve.tangents[before] - 2.0 / square * (way @ curve.tangents[before]) * way
    # seen backwards both tangents point the other way, which the reflection does not mind
    turn = curve.tangents[after] - tangent
    size = turn @ turn
    if size > 1e-24:
        vector = vector - 2.0 / size * (turn @ vector) * turn
    along = curve.tangents[after]
    vector = vector - (vector @ along) * along
    carried: FloatArray = vector / np.linalg.norm(vector)
    return carried
