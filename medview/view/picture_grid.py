"""Where the pixels of a picture lie in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medview.imaging.oblique import cross
from medview.imaging.orientation import letters
from medview.imaging.plane import SCREEN, PlaneName, SlicePlane
from medview.study.geometry import FloatArray, Geometry
from medview.view.pane_transform import PaneTransform

_MAGNIFIED = 1.5  # from here on the painter magnifies faster than more pixels are interpolated


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
        low, high = _shadow(geometry, right, down)
        width, height = (max(1, int(np.ceil(n - 1e-6))) for n in (high - low) / step)
        normal = np.cross(right, down)
        origin = right * low[0] + down * low[1] + normal * (np.asarray(point_mm, dtype=np.float64) @ normal)
        return cls(origin, right * step, down * step, (width, height))

    @classmethod
    def turned(
        cls,
        geometry: Geometry,
        axes: tuple[FloatArray, FloatArray],
        point_mm: ArrayLike,
        extent_mm: tuple[float, float],
    ) -> PictureGrid:
        """Return a plane through a point in any direction, of a given width and height about the volume's middle.

        Square pixels of the finest spacing. The extent does not follow the direction, so that what is seen keeps its
        size while planes are turned; what lies beyond it is reached by `part`.

        Parameters
        ----------
        axes
            LPS unit vectors of screen right and screen down, at right angles.
        """
        right, down = axes
        step = min(geometry.spacing_mm)
        width, height = (max(1, int(np.ceil(n / step - 1e-6))) for n in extent_mm)
        normal = np.cross(right, down)
        middle = geometry.centre_mm + normal * ((np.asarray(point_mm, dtype=np.float64) - geometry.centre_mm) @ normal)
        origin = middle - step * (width / 2.0 * right + height / 2.0 * down)
        return cls(origin, right * step, down * step, (width, height))

    def laid(self, rotation_deg: int, *, flipped: bool) -> PictureGrid:
        """Return the same plane laid on the screen in another way: as `SlicePlane.laid`."""
        origin, right, down, (width, height) = self.origin_mm, self.x_step_mm, self.y_step_mm, self.size
        for _ in range(rotation_deg // 90 % 4):
            origin, right, down = origin + height * down, -down, right
            width, height = height, width
        if flipped:
            origin, right = origin + width * right, -right
        return PictureGrid(origin, right, down, (width, height))

    def part(
        self, geometry: Geometry, transform: PaneTransform, pane_size: tuple[int, int], pixel_px: float = 1.0
    ) -> tuple[PictureGrid, PaneTransform]:
        """Return the part of the plane in which a pane shows a volume, at the pane's resolution, and where it lies.

        Pixels are as large as the pane's, or `pixel_px` times that, unless those are smaller than two thirds of this
        grid's: then they are this grid's. The part may reach beyond this grid, as far as the volume does.

        Parameters
        ----------
        transform
            Of this grid, which has square pixels, to the pane.
        """
        low, high = self._shadow_in_picture(geometry)
        scale = transform.scale_x
        ends = [transform.to_picture(0, 0), transform.to_picture(*pane_size)]
        seen = np.sort(np.array(ends), axis=0)
        low, high = np.maximum(low, seen[0]), np.minimum(high, seen[1])
        # the lattice lies on the pixels of the pane, or on those of this grid: nothing shimmers when it is moved
        is_fine = scale <= _MAGNIFIED * pixel_px
        step, start = (pixel_px / scale, np.array(ends[0])) if is_fine else (1.0, np.zeros(2))
        first = np.floor((low - start) / step + 1e-6)
        size = np.maximum(np.ceil((high - start) / step - 1e-6) - first, 1)
        corner = start + first * step
        grid = PictureGrid(
            self.to_mm(*corner), self.x_step_mm * step, self.y_step_mm * step, (int(size[0]), int(size[1]))
        )
        return grid, PaneTransform(scale * step, scale * step, *transform.to_pane(*corner))

    def _shadow_in_picture(self, geometry: Geometry) -> tuple[FloatArray, FloatArray]:
        """Return the least and greatest picture coordinates of a volume seen along the normal."""
        step = self.pixel_mm[0]
        right, down = self.x_step_mm / step, self.y_step_mm / step
        low, high = _shadow(geometry, right, down)
        origin = np.array([self.origin_mm @ right, self.origin_mm @ down])
        return (low - origin) / step, (high - origin) / step

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Width and height of a pixel in mm."""
        return float(np.linalg.norm(self.x_step_mm)), float(np.linalg.norm(self.y_step_mm))

    @cached_property
    def normal(self) -> FloatArray:
        """Unit LPS vector away from the person who looks at the picture."""
        normal = cross(self.x_step_mm, self.y_step_mm)
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
        linear = geometry.index_steps
        return np.stack([geometry.to_index(self.origin_mm), linear @ self.x_step_mm, linear @ self.y_step_mm], axis=1)

    def edge_letters(self) -> tuple[str, str, str, str]:
        """Return the letters of the (left, right, top, bottom) edge."""
        right, down = self.x_step_mm, self.y_step_mm
        return letters(-right), letters(right), letters(-down), letters(down)


def _shadow(geometry: Geometry, right: FloatArray, down: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least and greatest mm of a volume's outer corners along two directions."""
    corners = geometry.to_mm(list(product(*[(-0.5, n - 0.5) for n in geometry.shape])))
    along = np.stack([corners @ right, corners @ down], axis=1)
    return along.min(axis=0), along.max(axis=0)
