"""Three perpendicular planes that lie in the patient in any way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from medview.imaging.oblique import acquired_rotation, cross, from_angles, plane_axes, turned
from medview.imaging.plane import PlaneName
from medview.study.geometry import FloatArray, Geometry

_PLACES: dict[PlaneName, int] = {"axial": 0, "coronal": 1, "sagittal": 2}


@dataclass(frozen=True, eq=False)
class TurnedPlanes:
    """How the axial, coronal and sagittal pane look when their planes are turned.

    Attributes
    ----------
    rotation
        3x3 as in `medview.imaging.oblique`: LPS unit columns left, back and head of the turned planes.
    rolls_deg
        How far each picture (axial, coronal, sagittal) is turned about its own normal against what the rotation alone
        says, by the right-hand rule: the picture in which the others are turned stays as it is.
    """

    rotation: FloatArray
    rolls_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def acquired(cls, geometry: Geometry) -> TurnedPlanes:
        """Return the plane of the acquired images and the two perpendicular to it."""
        return cls(acquired_rotation(geometry))

    @classmethod
    def of_angles(cls, left_deg: float, back_deg: float, head_deg: float) -> TurnedPlanes:
        """Return the patient's own planes turned about his left-right, front-back and head-foot axis, in this order."""
        return cls(from_angles(left_deg, back_deg, head_deg))

    def normal(self, plane: PlaneName) -> FloatArray:
        """Return the unit LPS normal of a plane, away from the person who looks at it."""
        return self._kept[plane][2]

    def axes(self, plane: PlaneName) -> tuple[FloatArray, FloatArray]:
        """Return the LPS unit vectors of screen right and screen down of a plane."""
        return self._kept[plane][:2]

    @cached_property
    def _kept(self) -> dict[PlaneName, tuple[FloatArray, FloatArray, FloatArray]]:
        """Right, down and normal of each plane: asked for many times in a frame."""
        return {plane: self._worked_out(plane) for plane in _PLACES}

    def _worked_out(self, plane: PlaneName) -> tuple[FloatArray, FloatArray, FloatArray]:
        right, down = plane_axes(self.rotation, plane)
        roll = np.deg2rad(self.rolls_deg[_PLACES[plane]])
        across, below = np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right
        return across, below, cross(right, down)

    def turned_in(self, plane: PlaneName, degrees: float) -> TurnedPlanes:
        """Return the other two planes turned clockwise in the picture of `plane`, which itself stays as it is."""
        rolls = list(self.rolls_deg)
        rolls[_PLACES[plane]] = (rolls[_PLACES[plane]] - degrees + 180.0) % 360.0 - 180.0
        return replace(
            self,
            rotation=turned(self.rotation, self.normal(plane), degrees),
            rolls_deg=(rolls[0], rolls[1], rolls[2]),
        )

    def same_as(self, other: TurnedPlanes) -> bool:
        """Whether both show the same pictures, to a thousandth of a degree."""
        rolls = np.abs(np.array(self.rolls_deg) - other.rolls_deg).max() < 1e-3
        return bool(rolls and np.abs(self.rotation - other.rotation).max() < 1e-5)


def other_planes(plane: PlaneName) -> tuple[PlaneName, PlaneName]:
    """Return the two planes that cut a plane."""
    first, second = (name for name in _PLACES if name != plane)
    return first, second


def place_on_plane(geometry: Geometry, point_mm: ArrayLike, normal: ArrayLike) -> FloatArray:
    """Return a point inside a volume on the plane through a point, near that point.

    A plane that still cuts the volume may be reached from a point that has already left it. The point is brought in
    turn into the volume and back onto the plane, until it is in both (J. von Neumann's alternating projections).

    Parameters
    ----------
    normal
        LPS unit normal of the plane.
    """
    across, place = np.asarray(normal, dtype=np.float64), np.asarray(point_mm, dtype=np.float64)
    offset = float(place @ across)
    last = np.array(geometry.shape) - 1.0
    for _ in range(200):
        inner = geometry.to_mm(np.clip(geometry.to_index(place), 0.0, last))
        miss = offset - float(inner @ across)
        if abs(miss) < 1e-4:
            return inner
        place = inner + miss * across
    return inner


def offsets(geometry: Geometry, normal: ArrayLike) -> tuple[float, float]:
    """Return the least and greatest mm along a normal at which a plane still cuts a volume's voxel centres."""
    last = np.array(geometry.shape) - 1.0
    corners = geometry.to_mm(np.stack(np.meshgrid(*[(0.0, n) for n in last]), axis=-1).reshape(-1, 3))
    along = corners @ np.asarray(normal, dtype=np.float64)
    return float(along.min()), float(along.max())
