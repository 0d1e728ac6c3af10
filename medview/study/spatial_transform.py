"""Where a point of one patient space lies in another: a matrix, and where images bend, a field of displacements."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medview.study.geometry import FloatArray, Geometry


@dataclass(frozen=True, eq=False)
class DisplacementField:
    """Displacements on a grid; between its points they are interpolated linearly, outside there are none.

    Attributes
    ----------
    vectors
        float32 (slices, rows, columns, 3), LPS mm (x, y, z), read-only.
    geometry
        Where they lie; may be sheared.
    """

    vectors: NDArray[np.float32]
    geometry: Geometry

    def __post_init__(self) -> None:
        if self.vectors.shape != (*self.geometry.shape, 3):
            raise ValueError(f"vectors {self.vectors.shape} do not fit their grid {self.geometry.shape}")
        view = self.vectors.view()
        view.flags.writeable = False
        object.__setattr__(self, "vectors", view)

    def at(self, points_mm: ArrayLike) -> FloatArray:
        """Return the displacements (..., 3) at LPS points (..., 3)."""
        from scipy.ndimage import map_coordinates

        index = self.geometry.to_index(points_mm)
        last = np.array(self.geometry.shape) - 1
        inside = np.all((index >= -1e-6) & (index <= last + 1e-6), axis=-1)
        places = index.reshape(-1, 3).T
        parts = [
            map_coordinates(self.vectors[..., axis], places, output=np.float64, order=1, mode="nearest")
            for axis in range(3)
        ]
        found = np.stack(parts, axis=-1).reshape(index.shape)
        return np.where(inside[..., None], found, 0.0)


def _identity() -> FloatArray:
    return np.eye(4)


@dataclass(frozen=True, eq=False)
class SpatialTransform:
    """Leads from a point of the images in view to the same anatomy in others.

    With q = before @ p, the other point is after @ (q + displacement(q)). That is the direction in which images are
    resampled, and in which DICOM's Deformable Spatial Registration is written (PS3.3 C.20.3).

    Attributes
    ----------
    before, after
        4x4, LPS mm to LPS mm, read-only.
    displacement
        None where the transform is affine.

    Examples
    --------
    >>> shift = SpatialTransform.of_matrix([[1, 0, 0, 5], [0, 1, 0, 0], [0, 0, 1, -2], [0, 0, 0, 1]])
    >>> shift.to_other((10, 20, 30)).tolist()
    [15.0, 20.0, 28.0]
    >>> shift.inverse().to_other((15, 20, 28)).tolist()
    [10.0, 20.0, 30.0]
    """

    before: FloatArray = field(default_factory=_identity)
    displacement: DisplacementField | None = None
    after: FloatArray = field(default_factory=_identity)

    def __post_init__(self) -> None:
        for name in ("before", "after"):
            matrix = np.array(getattr(self, name), dtype=np.float64)
            if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix[:3, :3])) < 1e-9:
                raise ValueError(f"{name} must be a finite 4x4 matrix that can be inverted")
            if not np.allclose(matrix[3], (0, 0, 0, 1)):
                raise ValueError(f"{name} must be affine")
            matrix.flags.writeable = False
            object.__setattr__(self, name, matrix)

    @classmethod
    def of_matrix(cls, matrix: ArrayLike) -> SpatialTransform:
        """Return the affine transform of a 4x4 matrix."""
        return cls(np.asarray(matrix, dtype=np.float64))

    @property
    def is_affine(self) -> bool:
        """Whether a single matrix tells it."""
        return self.displacement is None

    @property
    def matrix(self) -> FloatArray:
        """4x4 of the whole, without its bending."""
        matrix: FloatArray = self.after @ self.before
        return matrix

    def to_other(self, points_mm: ArrayLike) -> FloatArray:
        """Return the LPS points (..., 3) of the other images for points (..., 3) of those in view."""
        points = _moved(self.before, np.asarray(points_mm, dtype=np.float64))
        if self.displacement is not None:
            points = points + self.displacement.at(points)
        return _moved(self.after, points)

    def inverse(self) -> SpatialTransform:
        """Return the transform that leads back; ValueError where the images are bent: that has no closed form."""
        if not self.is_affine:
            raise ValueError("a field of displacements is not inverted")
        back = np.linalg.inv(self.matrix).astype(np.float64)
        return SpatialTransform(back)

    def after_moving(self, motion: ArrayLike) -> SpatialTransform:
        """Return the transform with the other images moved by a 4x4 in the space of those in view."""
        return SpatialTransform(
            self.before @ np.linalg.inv(np.asarray(motion, np.float64)), self.displacement, self.after
        )


def rotation_about(axis: ArrayLike, angle_deg: float, centre_mm: ArrayLike) -> FloatArray:
    """Return the 4x4 that turns by an angle about an axis (x, y, z) through a point (Rodrigues' formula)."""
    unit = np.asarray(axis, dtype=np.float64)
    x, y, z = unit / np.linalg.norm(unit)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.deg2rad(angle_deg)
    matrix = np.eye(4)
    matrix[:3, :3] += np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
    centre = np.asarray(centre_mm, dtype=np.float64)
    matrix[:3, 3] = centre - matrix[:3, :3] @ centre
    return matrix


def shift_by(offset_mm: ArrayLike) -> FloatArray:
    """Return the 4x4 that shifts by a vector (x, y, z)."""
    matrix = np.eye(4)
    matrix[:3, 3] = np.asarray(offset_mm, dtype=np.float64)
    return matrix


def _moved(matrix: FloatArray, points: FloatArray) -> FloatArray:
    moved: FloatArray = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved
