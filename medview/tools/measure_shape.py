"""The points of a measurement from the places that have been clicked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medview.imaging.pane_frame import PaneFrame
from medview.study.geometry import FloatArray
from medview.study.measurement import POINT_COUNTS, MeasurementKind

CLICKS: dict[MeasurementKind, int | None] = {
    "length": 2,
    "angle": 3,
    "cobb": 4,
    "bidirectional": 2,
    "ellipse": 2,
    "rectangle": 2,
    "polygon": None,
    "freehand": None,
    "probe": 1,
    "arrow": 2,
    "text": 1,
    "calibration": 2,
}  # how many places are clicked; None is as many as a person likes
_SHORT_AXIS = 0.5  # of the long one at first, until its ends are dragged


def measure_shape(kind: MeasurementKind, clicked: Sequence[FloatArray], frame: PaneFrame) -> FloatArray:
    """Return the points (n, 3) of a measurement of which some places have been clicked, at least one.

    What is still missing lies at the last place, so that the measurement can be drawn while it comes into being. Boxes
    and ellipses stand upright in the pane; they are drawn from one corner to the other.
    """
    places = np.array(clicked, dtype=np.float64)
    if kind in ("rectangle", "ellipse"):
        corners = _box(places[0], places[-1], frame)
        return corners if kind == "rectangle" else _ellipse_axes(corners)
    if kind == "bidirectional":
        return np.concatenate([places[[0, -1]], short_axis(places[0], places[-1], frame.normal)])
    return _padded(places, POINT_COUNTS[kind][0])


def short_axis(start: FloatArray, end: FloatArray, normal: FloatArray) -> FloatArray:
    """Return the ends (2, 3) of a line through the middle of another, at right angles to it in its plane."""
    across = np.cross(normal, end - start) * (_SHORT_AXIS / 2.0)
    middle = (start + end) / 2.0
    return np.stack([middle - across, middle + across])


def _box(corner: FloatArray, opposite: FloatArray, frame: PaneFrame) -> FloatArray:
    """Return the four corners, in order, of the upright box between two."""
    right = frame.right_mm / np.linalg.norm(frame.right_mm)
    along = right * float((opposite - corner) @ right)
    return np.stack([corner, corner + along, opposite, opposite - along])


def _ellipse_axes(corners: FloatArray) -> FloatArray:
    """Return the ends of one axis, then of the other, of the ellipse in a box."""
    sides = (corners + np.roll(corners, -1, axis=0)) / 2.0  # top, right, bottom, left
    return sides[[3, 1, 0, 2]]


def _padded(places: FloatArray, count: int) -> FloatArray:
    missing = max(count - len(places), 0)
    return np.concatenate([places, np.repeat(places[-1:], missing, axis=0)])
