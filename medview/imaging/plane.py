"""The three planes of a volume, each along the volume's own axes, turned as a radiologist expects them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import permutations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medview.imaging.orientation import letters
from medview.study.geometry import FloatArray, Geometry

PlaneName = Literal["axial", "coronal", "sagittal"]

# LPS directions of screen right and screen down: patient right on screen left, head up, anterior up or left
SCREEN: dict[PlaneName, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
}
_NORMAL = {"axial": 2, "coronal": 1, "sagittal": 0}


@dataclass(frozen=True, eq=False)
class SlicePlane:
    """How one plane of a volume is laid on the screen.

    Picture coordinates are (x, y) in pixels of the slice, x to the right and y down, (0, 0) the outer corner of the
    first pixel, so that its centre is (0.5, 0.5).

    Attributes
    ----------
    axis
        Index axis (0 slice, 1 row, 2 column) that is scrolled.
    x_axis, y_axis
        Index axes that run along the screen.
    x_flipped, y_flipped
        Whether the index falls to the right, and downwards.
    """

    geometry: Geometry
    name: PlaneName
    axis: int
    x_axis: int
    y_axis: int
    x_flipped: bool
    y_flipped: bool

    @classmethod
    def of(cls, geometry: Geometry, name: PlaneName) -> SlicePlane:
        """Return the plane of a volume that lies nearest to the patient's axial, coronal or sagittal plane."""
        return _nearest(geometry, name)

    @classmethod
    def acquired(cls, geometry: Geometry) -> SlicePlane:
        """Return the plane in which the images of a volume were acquired."""
        return next(plane for name in SCREEN if (plane := cls.of(geometry, name)).axis == 0)

    def as_stored(self, rotation_deg: int, *, flipped: bool) -> SlicePlane:
        """Return the plane of the images as acquired, laid on the screen as their rows and columns are stored.

        They are turned clockwise by `rotation_deg`, a multiple of 90, and then mirrored from left to right where
        `flipped` says so (PS3.3 C.10.6).
        """
        return SlicePlane(self.geometry, self.name, 0, 2, 1, False, False).laid(rotation_deg, flipped=flipped)

    def laid(self, rotation_deg: int, *, flipped: bool) -> SlicePlane:
        """Return the same plane laid on the screen in another way.

        What is seen is turned clockwise by `rotation_deg`, a multiple of 90, and then mirrored from left to right
        where `flipped` says so.
        """
        right, down = (self.x_axis, self.x_flipped), (self.y_axis, self.y_flipped)
        for _ in range(rotation_deg // 90 % 4):
            right, down = (down[0], not down[1]), right
        if flipped:
            right = (right[0], not right[1])
        return SlicePlane(self.geometry, self.name, self.axis, right[0], down[0], right[1], down[1])

    @property
    def slice_count(self) -> int:
        """Number of slices that can be scrolled through."""
        return self.geometry.shape[self.axis]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a slice in pixels."""
        return self.geometry.shape[self.x_axis], self.geometry.shape[self.y_axis]

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Width and height of a pixel in mm (pixels where the geometry has no spacing)."""
        spacing = self.geometry.spacing_mm
        return spacing[self.x_axis], spacing[self.y_axis]

    @cached_property
    def right(self) -> FloatArray:
        """Unit LPS vector to the right of the screen; not to be written to, as the next."""
        vector: FloatArray = self.geometry.directions[:, self.x_axis]
        return -vector if self.x_flipped else vector

    @cached_property
    def down(self) -> FloatArray:
        """Unit LPS vector down the screen."""
        vector: FloatArray = self.geometry.directions[:, self.y_axis]
        return -vector if self.y_flipped else vector

    def edge_letters(self) -> tuple[str, str, str, str]:
        """Return the letters of the (left, right, top, bottom) edge; empty where the file gives no orientation."""
        if not self.geometry.has_orientation:
            return "", "", "", ""
        return letters(-self.right), letters(self.right), letters(-self.down), letters(self.down)

    def slice_view(self, array: NDArray[Any], index: int) -> NDArray[Any]:
        """Return slice `index` of an array (slices, rows, columns) as a view (height, width), turned for the screen.

        A last axis of colours stays the last.
        """
        picture = array[self._at(index)]
        if self.y_axis > self.x_axis:
            picture = picture.swapaxes(0, 1)  # colours, a third axis, stay last
        return picture[:: -1 if self.y_flipped else 1, :: -1 if self.x_flipped else 1]

    def box(self, index: int, x: slice, y: slice) -> tuple[slice, slice, slice]:
        """Return the box of the array that holds picture columns `x` and rows `y` of a slice."""
        box = [slice(0)] * 3
        box[self.axis] = slice(index, index + 1)
        box[self.x_axis] = _turned(x, self.size[0], self.x_flipped)
        box[self.y_axis] = _turned(y, self.size[1], self.y_flipped)
        return box[0], box[1], box[2]

    def to_index(self, x: float, y: float, slice_index: float) -> FloatArray:
        """Return the fractional index (slice, row, column) of a picture point."""
        index = np.empty(3)
        index[self.axis] = slice_index
        index[self.x_axis] = self.size[0] - x - 0.5 if self.x_flipped else x - 0.5
        index[self.y_axis] = self.size[1] - y - 0.5 if self.y_flipped else y - 0.5
        return index

    def to_picture(self, index: FloatArray) -> tuple[float, float]:
        """Return the picture point (x, y) of a fractional index (slice, row, column)."""
        x, y = float(index[self.x_axis]) + 0.5, float(index[self.y_axis]) + 0.5
        return (self.size[0] - x if self.x_flipped else x), (self.size[1] - y if self.y_flipped else y)

    def _at(self, index: int) -> tuple[int | slice, ...]:
        return tuple(index if axis == self.axis else slice(None) for axis in range(3))


@lru_cache(maxsize=128)
def _nearest(geometry: Geometry, name: PlaneName) -> SlicePlane:
    """Return the plane of a volume that lies nearest to a plane of the patient, worked out once."""
    axes = _axes_by_patient_direction(geometry)
    right, down = (np.array(v, dtype=np.float64) for v in SCREEN[name])
    x_axis, y_axis = axes[int(np.argmax(np.abs(right)))], axes[int(np.argmax(np.abs(down)))]
    x_flipped, y_flipped = (
        bool(geometry.directions[:, axis] @ way < 0) for axis, way in ((x_axis, right), (y_axis, down))
    )
    return SlicePlane(geometry, name, axes[_NORMAL[name]], x_axis, y_axis, x_flipped, y_flipped)


def _turned(pixels: slice, size: int, flipped: bool) -> slice:
    return slice(size - pixels.stop, size - pixels.start) if flipped else pixels


def _axes_by_patient_direction(geometry: Geometry) -> tuple[int, int, int]:
    """Return the index axes nearest to the patient's x, y and z, each used once."""
    cosines = np.abs(geometry.directions)
    best = max(permutations(range(3)), key=lambda axes: sum(cosines[i, axis] for i, axis in enumerate(axes)))
    return best[0], best[1], best[2]
