"""Turning the view of a volume by the mouse: no direction is out of reach."""

from __future__ import annotations

import numpy as np

from medview.study.geometry import FloatArray

Angles = tuple[float, float, float]


def turned_axes(azimuth_deg: float, elevation_deg: float, roll_deg: float = 0.0) -> FloatArray:
    """Return the picture's (right, up, towards the eye) as the rows of a 3x3 matrix of unit LPS vectors.

    0, 0, 0 looks at the patient from the front with the head up; azimuth 90 from the patient's left, elevation 90 from
    the head; roll turns the picture anticlockwise.

    >>> np.round(turned_axes(0, 0)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]
    """
    azimuth, elevation, roll = np.deg2rad((azimuth_deg, elevation_deg, roll_deg))
    sin_a, cos_a, sin_e, cos_e = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
    right = np.array([cos_a, sin_a, 0.0])
    up = np.array([-sin_a * sin_e, cos_a * sin_e, cos_e])
    turned_right = np.cos(roll) * right - np.sin(roll) * up
    turned_up = np.sin(roll) * right + np.cos(roll) * up
    return np.stack([turned_right, turned_up, np.cross(right, up)])


def angles_of(axes: FloatArray) -> Angles:
    """Return (azimuth, elevation, roll) in degrees of a matrix as `turned_axes` gives it; 0 <= azimuth < 360.

    Seen exactly from the head or the feet azimuth and roll turn the same way: the roll is then 0.
    """
    right, up, towards = axes
    elevation = float(np.arcsin(np.clip(towards[2], -1.0, 1.0)))
    if abs(towards[2]) > 1.0 - 1e-9:
        azimuth, roll = float(np.arctan2(right[1], right[0])), 0.0
    else:
        azimuth = float(np.arctan2(towards[0], -towards[1]))
        level = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        roll = float(np.arctan2(up @ level, right @ level))
    degrees = np.round(np.rad2deg((azimuth, elevation, roll)), 9) + 0.0
    return float(degrees[0] % 360.0), float(degrees[1]), float(degrees[2])


def turned(angles: Angles, right_deg: float, down_deg: float, roll_deg: float = 0.0) -> Angles:
    """Return the angles after the body was turned about the axes of the picture.

    Parameters
    ----------
    right_deg, down_deg
        How far its front moves to the right and down, as if a ball was turned by hand.
    roll_deg
        How far the picture turns anticlockwise.

    Examples
    --------
    >>> turned((0.0, 0.0, 0.0), 30.0, 0.0)
    (330.0, 0.0, 0.0)
    >>> turned((0.0, 80.0, 0.0), 0.0, 20.0)  # over the top of the head: the patient is seen from behind, upside down
    (180.0, 80.0, 180.0)
    """
    axes = turned_axes(*angles)
    amount = float(np.hypot(right_deg, down_deg))
    if amount > 0:
        axis = np.array([down_deg, right_deg, 0.0]) / amount
        axes = _rotation(axis, -np.deg2rad(amount)) @ axes
    if roll_deg:
        axes = _rotation(np.array([0.0, 0.0, 1.0]), np.deg2rad(-roll_deg)) @ axes
    return angles_of(axes)


def _rotation(axis: FloatArray, angle: float) -> FloatArray:
    """Return the matrix that gives the turned axes of the picture in terms of the axes before (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    matrix: FloatArray = np.eye(3) + np.sin(angle) * cross.T + (1 - np.cos(angle)) * (cross @ cross)
    return matrix
