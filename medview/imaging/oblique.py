"""Turning the three planes: three perpendicular axes that lie in the patient in any way.

A *rotation* is a 3x3 matrix with determinant 1 whose columns are LPS unit vectors: the turned planes' own left, back
and head. The axial plane is seen along the head axis (left to the right of the screen, back downwards), the coronal one
along the back axis, the sagittal one along the left axis; the unit matrix is the patient himself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medview.imaging.plane import SCREEN, PlaneName, SlicePlane
from medview.study.geometry import FloatArray, Geometry


def acquired_rotation(geometry: Geometry) -> FloatArray:
    """Return the rotation whose planes are those of the acquired images and the two perpendicular to them.

    Of a volume that is not sheared these are its own three axes. The plane of acquisition is exact, sheared or not.
    """
    acquired = SlicePlane.acquired(geometry)
    right = acquired.right
    down = acquired.down - (acquired.down @ right) * right
    return from_plane(acquired.name, right, down)


def from_plane(name: PlaneName, right: ArrayLike, down: ArrayLike) -> FloatArray:
    """Return the rotation in which plane `name` has these LPS directions of screen right and screen down.

    >>> from_plane("coronal", (1, 0, 0), (0, 0, -2)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    seen = _basis(np.asarray(right, dtype=np.float64), np.asarray(down, dtype=np.float64))
    straight = _basis(*(np.array(way, dtype=np.float64) for way in SCREEN[name]))
    return nearest_rotation(seen @ straight.T)


def plane_axes(rotation: FloatArray, name: PlaneName) -> tuple[FloatArray, FloatArray]:
    """Return the LPS unit vectors of screen right and screen down of a plane."""
    right, down = (rotation @ np.array(way, dtype=np.float64) for way in SCREEN[name])
    return right, down


def plane_normal(rotation: FloatArray, name: PlaneName) -> FloatArray:
    """Return the unit LPS normal of a plane, away from the person who looks at it."""
    right, down = plane_axes(rotation, name)
    return cross(right, down)


def cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the cross product of two vectors (3,): thirty times as fast as numpy's, which takes arrays of any shape.

    >>> cross(np.array([1.0, 0, 0]), np.array([0, 1.0, 0])).tolist()
    [0.0, 0.0, 1.0]
    """
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def turned(rotation: FloatArray, axis: ArrayLike, degrees: float) -> FloatArray:
    """Return a rotation turned about an LPS axis, by the right-hand rule (Rodrigues' formula).

    >>> np.rint(turned(np.eye(3), (0, 0, 1), 90)).tolist()
    [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    x, y, z = np.asarray(axis, dtype=np.float64) / np.linalg.norm(axis)
    angle = np.deg2rad(degrees)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turn = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
    return nearest_rotation(turn @ rotation)


def nearest_rotation(matrix: FloatArray) -> FloatArray:
    """Return the rotation nearest to a matrix, so that errors of many small turns do not add up (orthogonal polar)."""
    u, _, v = np.linalg.svd(matrix)
    u[:, 2] *= np.sign(np.linalg.det(u @ v))
    rotation: FloatArray = u @ v
    return rotation


def from_angles(left_deg: float, back_deg: float, head_deg: float) -> FloatArray:
    """Return the patient's own planes turned about his left-right, then front-back, then head-foot axis, in degrees."""
    rotation = np.eye(3)
    for axis, degrees in zip(np.eye(3), (left_deg, back_deg, head_deg), strict=True):
        rotation = turned(rotation, axis, degrees)
    return rotation


def to_angles(rotation: FloatArray) -> tuple[float, float, float]:
    """Return the angles that `from_angles` makes a rotation of, in degrees; the second within 90 degrees.

    >>> [round(a, 6) for a in to_angles(from_angles(10, -20, 30))]
    [10.0, -20.0, 30.0]
    """
    back = float(np.arcsin(np.clip(-rotation[2, 0], -1.0, 1.0)))
    if abs(rotation[2, 0]) > 1.0 - 1e-9:  # turned by a right angle: the other two are about the same axis
        left, head = 0.0, float(np.arctan2(-rotation[0, 1], rotation[1, 1]))
    else:
        left = float(np.arctan2(rotation[2, 1], rotation[2, 2]))
        head = float(np.arctan2(rotation[1, 0], rotation[0, 0]))
    return float(np.rad2deg(left)), float(np.rad2deg(back)), float(np.rad2deg(head))


def tilts(normal: ArrayLike) -> tuple[tuple[PlaneName, float], ...]:
    """Return how a plane lies, in the way MR scanners write it: its nearest plane, then what it is tilted towards.

    The first name comes with 0; the others with the angles in degrees, without those below 0.05: ("axial", 0),
    ("coronal", 15.3), ("sagittal", -2.1) is "axial > coronal 15.3 > sagittal -2.1". The angle towards the second is
    that of the normal in the plane of the two; the last is how far the normal rises out of it.
    """
    unit = np.asarray(normal, dtype=np.float64) / np.linalg.norm(normal)
    names: tuple[PlaneName, ...] = ("sagittal", "coronal", "axial")
    first, second, third = (int(i) for i in np.argsort(-np.abs(unit), kind="stable"))
    unit = unit * np.sign(unit[first])
    told = (
        (names[second], float(np.rad2deg(np.arctan2(unit[second], unit[first])))),
        (names[third], float(np.rad2deg(np.arcsin(np.clip(unit[third], -1.0, 1.0))))),
    )
    return (names[first], 0.0), *((name, angle) for name, angle in told if abs(angle) >= 0.05)


def _basis(right: FloatArray, down: FloatArray) -> FloatArray:
    """Return right, down and their normal as the columns of a matrix."""
    right, down = right / np.linalg.norm(right), down / np.linalg.norm(down)
    basis: FloatArray = np.stack([right, down, np.cross(right, down)], axis=1)
    return basis
