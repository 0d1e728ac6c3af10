"""Where the pixels of a picture lie in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medview.imaging.orientation import letters
from medview.imaging.plane import SCREEN, PlaneName, SlicePlane
from medview.study.geometry import FloatArray, Geometry


@dataclass(frozen=True, eq=False)
class PictureGrid:
    """A flat picture in patient space.

    Picture coordinates are (x, y) in pixels, x to the right and y down, (0, 0) the outer corner of the first pixel, so
    that its centre is (0.5, 0.5): as in `SlicePlane`.

    Attributes
    ----------
    origin_mm
        LPS point of picture coordinates (0, 0).
    x_step_mm, y_step_mm
        LPS vectors of one pixel to the right and down; at right angles.
    size
        (width, height) in pixels.

    Examples
    --------
    >>> grid = PictureGrid(np.array([10.0, 20, 30]), np.array([2.0, 0, 0]), np.array([0, 0, -3.0]), (4, 5))
    >>> grid.to_mm(1, 2).tolist()
    [12.0, 20.0, 24.0]
    >>> grid.to_picture((12, 99, 24))
    (1.0, 2.0)
    """

    origin_mm: FloatArray
    x_step_mm: FloatArray
    y_step_mm: FloatArray
    size: tuple[int, int]

    @classmethod
    def of_slice(cls, plane: SlicePlane, slice_index: int) -> PictureGrid:
        """Return the grid of a slice of a volume: a pixel for each voxel."""
        to_mm = plane.geometry.to_mm
        origin = to_mm(plane.to_index(0, 0, slice_index))
        x_step = to_mm(plane.to_index(1, 0, slice_index)) - origin
        return cls(origin, x_step, to_mm(plane.to_index(0, 1, slice_index)) - origin, plane.size)

    @classmethod
    def perpendicular(cls, geometry: Geometry, name: PlaneName, point_mm: ArrayLike) -> PictureGrid:
        """Return the patient's own axial, coronal or sagittal plane through a point, wide enough for the whole volume.

        For sheared volumes, whose own axes would draw the patient skewed. Square pixels of the finest spacing.
        """
        right, down = (np.array(vector, dtype=np.float64) for vector in SCREEN[name])
        step = min(geometry.spacing_mm)
        corners = geometry.to_mm(list(product(*[(-0.5, n - 0.5) for n in geometry.shape])))
        low = np.array([(corners @ right).min(), (corners @ down).min()])
        high = np.array([(corners @ right).max(), (corners @ down).max()])
        width, height = (max(1, int(np.ceil(n - 1e-6))) for n in (high - low) / step)
        normal = np.cross(right, down)
        origin = right * low[0] + down * low[1] + normal * (np.asarray(point_mm, dtype=np.float64) @ normal)
        return cls(origin, right * step, down * step, (width, height))

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Width and height of a pixel in mm."""
        return float(np.linalg.norm(self.x_step_mm)), float(np.linalg.norm(self.y_step_mm))

    @property
    def normal(self) -> FloatArray:
        """Unit LPS vector away from the person who looks at the picture."""
        normal: FloatArray = np.cross(self.x_step_mm, self.y_step_mm)
        return normal / np.linalg.norm(normal)

    def to_mm(self, x: float, y: float) -> FloatArray:
        """Return the LPS point of a picture point."""
        point: FloatArray = self.origin_mm + x * self.x_step_mm + y * self.y_step_mm
        return point

    def to_picture(self, point_mm: ArrayLike) -> tuple[float, float]:
        """Return the picture point nearest to an LPS point."""
        offset = np.asarray(point_mm, dtype=np.float64) - self.origin_mm
        x, y = (float(offset @ step / (step @ step)) for step in (self.x_step_mm, self.y_step_mm))
        return x, y

    def to_index_matrix(self, geometry: Geometry) -> NDArray[np.float64]:
        """Return 3x3: columns are the index of picture (0, 0), and the index steps of x and of y, in `geometry`."""
        linear = np.linalg.inv(geometry.affine[:3, :3])
        return np.stack([geometry.to_index(self.origin_mm), linear @ self.x_step_mm, linear @ self.y_step_mm], axis=1)

    def edge_letters(self) -> tuple[str, str, str, str]:
        """Return the letters of the (left, right, top, bottom) edge."""
        right, down = self.x_step_mm, self.y_step_mm
        return letters(-right), letters(right), letters(-down), letters(down)
