"""The surface along a path that a curved reformat lays flat.

Two ways of laying it (A. Kanitsar, D. Fleischmann, R. Wegenkittl, P. Felkel and M. E. Groeller, "CPR: Curved Planar
Reformation", IEEE Visualization 2002), both with true distances along the path:

* *straightened*: at each place the line at right angles to the path; the path becomes a straight line. Distances across
  are true on each line; of two lines, what lies inside a bend is drawn apart and what lies outside is pressed together.
* *stretched*: the surface swept by one fixed direction along the path, rolled out flat. Every distance on that surface
  is true. A path drawn on an axial plane and the patient's long axis make a dental panoramic view.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from medview.imaging.curve import Curve
from medview.imaging.curve_frames import curve_frames, perpendicular
from medview.study.geometry import FloatArray

_LEAST_LENGTH = 1e-3  # of a path seen along the stretching direction: mm


@dataclass(frozen=True, eq=False)
class CurvedSheet:
    """A surface of straight lines at even distances; sheet coordinates are (along, across) in mm.

    Attributes
    ----------
    base_mm
        (n, 3) LPS points of across 0, one for each line.
    across
        (n, 3) LPS unit vectors of the lines.
    through
        (n, 3) LPS unit vectors away from the person who looks: along is to his right, across down.
    step_mm
        Distance along from one line to the next.
    path_across_mm
        (n,) where the path crosses each line.
    path_arcs_mm
        (n,) how far along the path that is.
    extent_mm
        Least and greatest across.
    """

    base_mm: FloatArray
    across: FloatArray
    through: FloatArray
    step_mm: float
    path_across_mm: FloatArray
    path_arcs_mm: FloatArray
    extent_mm: tuple[float, float]

    @classmethod
    def straightened(cls, curve: Curve, towards: ArrayLike, angle_deg: float, half_width_mm: float) -> CurvedSheet:
        """Return the lines at right angles to a curve.

        Parameters
        ----------
        towards
            LPS direction that across comes nearest to, in the middle of the curve.
        angle_deg
            Turn about the curve, by the right-hand rule along it.
        half_width_mm
            How far the lines reach to either side.
        """
        first = curve_frames(curve, towards)
        second = np.cross(curve.tangents, first)
        angle = np.deg2rad(angle_deg)
        across = np.cos(angle) * first + np.sin(angle) * second
        zero = np.zeros(len(across))
        through = np.cross(curve.tangents, across)
        reach = (-half_width_mm, half_width_mm)
        return cls(curve.points_mm, across, through, curve.step_mm, zero, curve.arcs_mm, reach)

    @classmethod
    def stretched(cls, curve: Curve, direction: ArrayLike, half_width_mm: float) -> CurvedSheet:
        """Return the lines along one direction through a curve.

        Parameters
        ----------
        direction
            LPS, of across.
        half_width_mm
            How far the lines reach beyond the path's own extent in that direction.

        Raises
        ------
        ValueError
            The path runs along the direction.
        """
        across = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
        middle = float(curve.points_mm.mean(axis=0) @ across)
        heights = curve.points_mm @ across - middle
        flat = curve.points_mm - heights[:, None] * across
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(flat, axis=0), axis=1))])
        if along[-1] < _LEAST_LENGTH:
            raise ValueError("the path runs along the direction that it is to be stretched across")
        even = np.linspace(0.0, along[-1], len(flat))
        base = np.stack([np.interp(even, along, flat[:, k]) for k in range(3)], axis=1)
        ways = np.gradient(base, axis=0)
        through = np.cross(ways, across)
        through /= np.maximum(np.linalg.norm(through, axis=1, keepdims=True), 1e-12)
        return cls(
            base,
            np.broadcast_to(across, base.shape),
            through,
            float(even[1]),
            np.interp(even, along, heights),
            np.interp(even, along, curve.arcs_mm),
            (float(heights.min()) - half_width_mm, float(heights.max()) + half_width_mm),
        )

    @property
    def length_mm(self) -> float:
        """How far along it reaches."""
        return self.step_mm * (len(self.base_mm) - 1)

    def to_mm(self, along_mm: float, across_mm: float) -> FloatArray:
        """Return the LPS point of a place on the sheet; beyond the ends of the path, on its last line."""
        place = float(np.clip(along_mm / self.step_mm, 0, len(self.base_mm) - 1))
        low = min(int(place), len(self.base_mm) - 2)
        rest = place - low
        ends = self.base_mm[low : low + 2] + across_mm * self.across[low : low + 2]
        point: FloatArray = (1.0 - rest) * ends[0] + rest * ends[1]
        return point

    def line_at(self, along_mm: float) -> int:
        """Return the number of the line nearest to a place along."""
        return int(np.clip(round(along_mm / self.step_mm), 0, len(self.base_mm) - 1))

    def along_of_arc(self, arc_mm: float) -> float:
        """Return where along the sheet a distance along the path lies."""
        return float(np.interp(arc_mm, self.path_arcs_mm, np.arange(len(self.base_mm)) * self.step_mm))


def section_axes(curve: Curve, arc_mm: float, down: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the LPS unit vectors of screen right and down of the cross section of a curve, seen along it.

    Parameters
    ----------
    down
        LPS direction that screen down comes nearest to.
    """
    place = int(np.clip(round(arc_mm / curve.step_mm), 0, len(curve.tangents) - 1))
    below = perpendicular(curve.tangents[place], down)
    return np.cross(below, curve.tangents[place]), below
