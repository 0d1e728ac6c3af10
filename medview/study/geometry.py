"""Where the voxels of a volume lie in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_REVERSE = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Geometry:
    """A regular grid of voxels in patient space (PS3.3 C.7.6.2).

    Attributes
    ----------
    shape
        Number of (slices, rows, columns).
    affine
        4x4, read-only, from the index (slice, row, column, 1) of a voxel's centre to LPS millimetres (x, y, z, 1).
        Sheared grids (gantry tilt) are carried as they are.
    frame_of_reference_uid
        Frame of Reference UID (0020,0052), or "" where there is none.
    has_spacing
        False where the file gives no Pixel Spacing: the units are then pixels, and no millimetre may be shown.
    has_depth
        False where the slice axis is no distance: a single slice of unknown thickness, the frames of a recording, or
        slices with gaps or of varying distance. No volume in ml may then be shown and no other plane be cut.
    has_orientation
        False where the file gives no Image Orientation (Patient): no orientation letter may be shown.

    Examples
    --------
    >>> geometry = Geometry.from_axes((2, 3, 4), origin=(10, 20, 30), slice_step=(0, 0, 5), row_step=(0, 2, 0),
    ...                               column_step=(1, 0, 0))
    >>> geometry.to_mm((1, 2, 3)).tolist()
    [13.0, 24.0, 35.0]
    >>> geometry.to_index((13, 24, 35)).tolist()
    [1.0, 2.0, 3.0]
    >>> geometry.spacing_mm
    (5.0, 2.0, 1.0)
    """

    shape: tuple[int, int, int]
    affine: FloatArray
    frame_of_reference_uid: str = ""
    has_spacing: bool = True
    has_orientation: bool = True
    has_depth: bool = True

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise ValueError("affine must be a finite 4x4 matrix")
        if abs(np.linalg.det(affine[:3, :3])) < 1e-12:
            raise ValueError("affine is singular: the voxels have no volume")
        affine.flags.writeable = False
        object.__setattr__(self, "affine", affine)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))

    @classmethod
    def from_axes(
        cls,
        shape: tuple[int, int, int],
        *,
        origin: ArrayLike,
        slice_step: ArrayLike,
        row_step: ArrayLike,
        column_step: ArrayLike,
        **facts: Any,
    ) -> Geometry:
        """Make a geometry from the first voxel's centre and the LPS vectors (mm) to the next slice, row and column."""
        affine = np.eye(4)
        affine[:3] = np.stack([slice_step, row_step, column_step, origin], axis=1)
        return cls(shape, affine, **facts)

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring centres along (slice, row, column); pixels where has_spacing is False."""
        a, b, c = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(a), float(b), float(c)

    @cached_property
    def directions(self) -> FloatArray:
        """3x3, read-only: the unit LPS vector of each index axis, one a column."""
        steps: FloatArray = self.affine[:3, :3]
        return _fixed(steps / np.linalg.norm(steps, axis=0))

    @cached_property
    def index_steps(self) -> FloatArray:
        """3x3, read-only: from an LPS vector in mm to the steps of the index; the inverse of the affine's."""
        return _fixed(np.asarray(np.linalg.inv(self.affine[:3, :3]), dtype=np.float64))

    @property
    def voxel_ml(self) -> float | None:
        """Volume of one voxel in millilitres; None where its size is not known."""
        if not (self.has_spacing and self.has_depth):
            return None
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    @property
    def can_reformat(self) -> bool:
        """Whether planes across the slices may be cut: there are several, at a known and even distance."""
        return self.shape[0] > 1 and self.has_depth

    @property
    def is_placed(self) -> bool:
        """Whether the affine tells where each voxel lies in the patient.

        Of several slices without depth it only counts them: there each image's own position tells
        (`medview.study.image_index`).
        """
        return self.has_spacing and self.has_orientation and (self.has_depth or self.shape[0] == 1)

    @cached_property
    def is_sheared(self) -> bool:
        """Whether the axes are not at right angles (gantry tilt): off by more than 0.2 degrees."""
        cosines = self.directions.T @ self.directions
        return bool(np.abs(cosines - np.eye(3)).max() > np.sin(np.deg2rad(0.2)))

    @property
    def tilt_deg(self) -> float:
        """Angle between the step to the next slice and the slices' normal (gantry tilt), in degrees."""
        slice_, row, column = self.directions.T
        normal = np.cross(column, row)
        cosine = abs(float(slice_ @ normal)) / float(np.linalg.norm(normal))
        return float(np.rad2deg(np.arccos(min(cosine, 1.0))))

    def to_mm(self, index: ArrayLike) -> FloatArray:
        """Return LPS mm (..., 3) of fractional indices (..., 3) in the order (slice, row, column)."""
        return np.asarray(index, dtype=np.float64) @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_index(self, point_mm: ArrayLike) -> FloatArray:
        """Return the fractional index (slice, row, column) of LPS points (..., 3) in mm."""
        offset = np.asarray(point_mm, dtype=np.float64) - self.affine[:3, 3]
        return offset @ self.index_steps.T

    def contains(self, point_mm: ArrayLike) -> bool:
        """Whether a point lies within the voxels' outer faces."""
        index = self.to_index(point_mm)
        return bool(np.all(index >= -0.5) and np.all(index <= np.array(self.shape) - 0.5))

    @cached_property
    def centre_mm(self) -> FloatArray:
        """LPS mm of the middle of the grid, read-only."""
        return _fixed(self.to_mm((np.array(self.shape) - 1) / 2.0))

    def same_grid(self, other: Geometry, tolerance_mm: float = 0.01) -> bool:
        """Whether every voxel of both grids lies at the same place, within `tolerance_mm` at the corners."""
        if self.shape != other.shape:
            return False
        corners = np.stack(np.meshgrid(*[(0, n - 1) for n in self.shape]), axis=-1).reshape(-1, 3)
        return bool(np.abs(self.to_mm(corners) - other.to_mm(corners)).max() <= tolerance_mm)

    def nifti_affine(self) -> FloatArray:
        """Return the RAS affine of the array transposed to (column, row, slice), as NIfTI stores it."""
        return LPS_TO_RAS @ self.affine @ _REVERSE

    @classmethod
    def from_nifti(cls, shape: tuple[int, int, int], affine: ArrayLike, **facts: Any) -> Geometry:
        """Make a geometry of a NIfTI array transposed to (slice, row, column); `shape` is in that order."""
        return cls(shape, LPS_TO_RAS @ np.asarray(affine, dtype=np.float64) @ _REVERSE, **facts)


def _fixed(array: FloatArray) -> FloatArray:
    """Return an array that is kept and therefore must not be written to."""
    array.flags.writeable = False
    return array
