"""Bodies of ellipsoids: what lies where in a patient that nobody is. LPS millimetres around the middle of the body."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Tissue = Literal[
    "air", "fat", "muscle", "compact", "marrow", "lung", "airway", "blood", "organ", "csf", "grey", "white", "lesion"
]
BodyName = Literal["chest", "abdomen", "head"]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Shape:
    """An ellipsoid; with an infinite half axis a cylinder. Where shapes overlap the later one holds.

    Attributes
    ----------
    centre, half_axes
        LPS mm.
    from_z, to_z
        What lies below and above is cut off.
    every_mm
        Only bands across z are there, so far apart and half as thick: ribs.
    hollow
        Within this part of its size it is left as it was: a shell.
    """

    tissue: Tissue
    centre: Point
    half_axes: Point
    from_z: float = -inf
    to_z: float = inf
    every_mm: float = 0.0
    hollow: float = 0.0

    def holds(self, points_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of the points (..., 3) lie in it."""
        far = (((points_mm - np.array(self.centre)) / np.array(self.half_axes)) ** 2).sum(axis=-1)
        z = points_mm[..., 2]
        inside = (far <= 1.0) & (far >= self.hollow**2) & (z >= self.from_z) & (z <= self.to_z)
        if self.every_mm:
            inside &= np.mod(z, self.every_mm) < self.every_mm / 2.0
        return np.asarray(inside)


_SPINE = (
    Shape("compact", (0, 70, 0), (22, 22, inf)),
    Shape("marrow", (0, 70, 0), (15, 15, inf)),
    Shape("csf", (0, 98, 0), (8, 6, inf)),
)
# nothing is the same on both sides: whoever confuses left and right is found out
BODIES: dict[BodyName, tuple[Shape, ...]] = {
    "chest": (
        Shape("fat", (0, 0, 0), (165, 115, inf)),
        Shape("muscle", (0, 0, 0), (155, 105, inf)),
        Shape("compact", (0, 0, 0), (142, 96, inf), every_mm=28.0, hollow=0.95),
        Shape("lung", (-72, -5, 0), (54, 78, 125)),
        Shape("lung", (72, 0, 8), (48, 72, 112)),
        Shape("blood", (25, -40, -35), (46, 42, 52)),
        Shape("organ", (-62, -5, -120), (78, 78, 62)),
        *_SPINE,
        Shape("airway", (0, 20, 0), (10, 10, inf), from_z=15.0),
        Shape("lesion", (-78, 8, 25), (13, 13, 13)),
    ),
    "abdomen": (
        Shape("fat", (0, 0, 0), (170, 125, inf)),
        Shape("muscle", (0, 5, 0), (145, 100, inf)),
        Shape("fat", (0, -5, 0), (132, 82, inf)),
        Shape("organ", (-62, -15, 45), (68, 66, 62)),
        Shape("organ", (95, 30, 50), (28, 42, 44)),
        Shape("blood", (-58, 48, -25), (24, 26, 52)),
        Shape("blood", (62, 46, -15), (24, 24, 48)),
        Shape("blood", (10, 38, 0), (11, 11, inf)),
        *_SPINE,
        Shape("airway", (38, -60, -35), (22, 16, 20)),
        Shape("lesion", (-80, -20, 60), (14, 14, 14)),
    ),
    "head": (
        Shape("muscle", (0, 25, 0), (55, 55, inf), to_z=-70.0),
        Shape("compact", (0, 45, 0), (18, 18, inf), to_z=-75.0),
        Shape("fat", (0, -98, -35), (13, 18, 16)),
        Shape("fat", (0, 0, 0), (79, 99, 106)),
        Shape("compact", (0, 0, 0), (74, 94, 101)),
        Shape("csf", (0, 0, 0), (68, 88, 95)),
        Shape("grey", (0, 0, 2), (66, 86, 92), from_z=-60.0),
        Shape("white", (-30, 0, 6), (25, 72, 74), from_z=-50.0),
        Shape("white", (30, 0, 6), (25, 70, 74), from_z=-50.0),
        Shape("csf", (-12, 0, 8), (6, 30, 14)),
        Shape("csf", (13, 4, 8), (8, 34, 16)),
        Shape("white", (0, 42, -66), (46, 30, 20)),
        Shape("csf", (-32, -78, -32), (12, 12, 12)),
        Shape("csf", (32, -78, -32), (12, 12, 12)),
        Shape("lesion", (38, -22, 30), (11, 11, 11)),
    ),
}
EXTENT_MM: dict[BodyName, Point] = {"chest": (350, 250, 240), "abdomen": (360, 270, 240), "head": (180, 230, 240)}
