"""Where the pixels of a flat pane lie in the patient: what the mouse and the drawing of measurements go by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from medview.study.geometry import FloatArray, Geometry


@dataclass(frozen=True, eq=False)
class PaneFrame:
    """A flat pane in the coordinates of its volume's geometry (LPS mm where that is placed).

    Attributes
    ----------
    origin_mm
        The point at the pane's upper left corner.
    right_mm, down_mm
        The vectors of one device-independent pixel to the right and down; at right angles.
    reach_mm
        How far from the plane something may lie and still be shown on it: half a slice.
    slice_index
        Which image as acquired this is; None across the images, in a slab and in a turned plane.
    is_slab
        Whether what is seen is projected from several slices.

    Examples
    --------
    >>> frame = PaneFrame(np.zeros(3), np.array([0.5, 0, 0]), np.array([0, 0, -0.5]), 1.0)
    >>> frame.to_pane([(10.0, 3.0, -5.0)]).tolist(), frame.depth([(10.0, 3.0, -5.0)]).tolist()
    ([[20.0, 10.0]], [3.0])
    """

    origin_mm: FloatArray
    right_mm: FloatArray
    down_mm: FloatArray
    reach_mm: float
    slice_index: int | None = None
    is_slab: bool = False

    @property
    def normal(self) -> FloatArray:
        """Unit vector away from the person who looks at the pane."""
        normal: FloatArray = np.cross(self.right_mm, self.down_mm)
        return normal / np.linalg.norm(normal)

    def to_mm(self, x: float, y: float) -> FloatArray:
        """Return the point of the plane under a point of the pane."""
        point: FloatArray = self.origin_mm + x * self.right_mm + y * self.down_mm
        return point

    def to_pane(self, points_mm: ArrayLike) -> FloatArray:
        """Return pane points (n, 2) of points (n, 3), seen along the normal."""
        offset = np.asarray(points_mm, dtype=np.float64).reshape(-1, 3) - self.origin_mm
        x, y = (offset @ step / (step @ step) for step in (self.right_mm, self.down_mm))
        return np.stack([x, y], axis=1)

    def depth(self, points_mm: ArrayLike) -> FloatArray:
        """Return how far points (n, 3) lie behind the plane, mm; in front of it below 0."""
        depth: FloatArray = (np.asarray(points_mm, dtype=np.float64).reshape(-1, 3) - self.origin_mm) @ self.normal
        return depth


def reach_mm(geometry: Geometry, normal: FloatArray) -> float:
    """Return half the thickness of the voxels of a volume along a direction."""
    return float(np.abs(normal @ geometry.affine[:3, :3]).max()) / 2.0
