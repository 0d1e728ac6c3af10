"""Which part of a volume is shown in 3D."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from medview.study.geometry import FloatArray, Geometry

Span = tuple[float, float]
Box3 = tuple[Span, Span, Span]
Vector = tuple[float, float, float]
_THINNEST = 1.0  # voxels that always stay


@dataclass(frozen=True)
class ClipPlane:
    """A plane in the patient; what lies on the side its normal points to is not shown.

    Attributes
    ----------
    point_mm, normal
        LPS; the normal has length 1.
    """

    point_mm: Vector
    normal: Vector

    def depth_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return how far points (..., 3) lie on the side that is not shown, negative on the other."""
        depth: FloatArray = (np.asarray(points_mm) - self.point_mm) @ np.asarray(self.normal)
        return depth


@dataclass(frozen=True)
class Clipping:
    """A box along the axes of the volume, and a plane that lies freely.

    Attributes
    ----------
    box
        First and last index, of voxels' faces, along (slices, rows, columns): -0.5 to n - 0.5 shows everything.
    plane
        None where there is none.
    """

    box: Box3
    plane: ClipPlane | None = None

    @classmethod
    def whole(cls, geometry: Geometry) -> Clipping:
        """Return the clipping that takes nothing away.

        >>> Clipping.whole(Geometry((3, 4, 5), np.eye(4))).box
        ((-0.5, 2.5), (-0.5, 3.5), (-0.5, 4.5))
        """
        slices, rows, columns = ((-0.5, n - 0.5) for n in geometry.shape)
        return cls((slices, rows, columns))

    def cuts_box(self, geometry: Geometry) -> bool:
        """Whether the box is smaller than the volume."""
        return self.box != Clipping.whole(geometry).box

    def with_face(self, axis: int, end: int, index: float, geometry: Geometry) -> Clipping:
        """Return it with one face (end 0 or 1) of the box moved to an index, inside the volume and before the other."""
        low, high = self.box[axis]
        if end == 0:
            span = (float(np.clip(index, -0.5, high - _THINNEST)), high)
        else:
            span = (low, float(np.clip(index, low + _THINNEST, geometry.shape[axis] - 0.5)))
        box = [*self.box]
        box[axis] = span
        return replace(self, box=(box[0], box[1], box[2]))

    def with_plane(self, point_mm: FloatArray, normal: FloatArray) -> Clipping:
        """Return it with the free plane through a point across a direction of any length."""
        unit = np.asarray(normal, dtype=np.float64) / np.linalg.norm(normal)
        x, y, z = (float(value) for value in point_mm)
        a, b, c = (float(value) for value in unit)
        return replace(self, plane=ClipPlane((x, y, z), (a, b, c)))

    def turned(self) -> Clipping:
        """Return it with the other side of the free plane shown."""
        if self.plane is None:
            return self
        return self.with_plane(np.array(self.plane.point_mm), -np.array(self.plane.normal))

    def voxels(self, shape: tuple[int, int, int]) -> tuple[slice, slice, slice]:
        """Return the voxels of which the centre lies in the box, at least one along each axis.

        >>> Clipping(((0.6, 2.5), (-0.5, 3.5), (1.0, 1.2))).voxels((3, 4, 5))
        (slice(1, 3, None), slice(0, 4, None), slice(1, 2, None))
        """
        sides = []
        for (low, high), n in zip(self.box, shape, strict=True):
            first = min(max(int(np.ceil(low - 1e-6)), 0), n - 1)
            sides.append(slice(first, max(min(int(np.floor(high + 1e-6)) + 1, n), first + 1)))
        return sides[0], sides[1], sides[2]

    def shows(self, points_mm: FloatArray, geometry: Geometry) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Return which of the LPS points (..., 3) lie in the part that is shown."""
        index = geometry.to_index(points_mm)
        low, high = (np.array([span[end] for span in self.box]) for end in (0, 1))
        inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = np.all((index >= low) & (index <= high), axis=-1)
        return inside if self.plane is None else inside & (self.plane.depth_mm(points_mm) <= 0)

    def faces(self, geometry: Geometry) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """Return an LPS point of each face of the box and the unit normal that points out of it.

        First and last of slices, rows, columns, in this order; of a sheared grid the normals are across its faces.
        """
        middle = np.array([(low + high) / 2 for low, high in self.box])
        across = np.linalg.inv(geometry.affine[:3, :3])  # rows are the gradients of the indices
        found = []
        for axis in range(3):
            normal = across[axis] / np.linalg.norm(across[axis])
            for end, sign in ((0, -1.0), (1, 1.0)):
                index = middle.copy()
                index[axis] = self.box[axis][end]
                found.append((geometry.to_mm(index), sign * normal))
        return tuple(found)

    def cutting_planes(self, geometry: Geometry) -> tuple[ClipPlane, ...]:
        """Return the faces of the box that take something away, and the free plane as the last."""
        whole = Clipping.whole(geometry)
        ends = [(axis, end) for axis in range(3) for end in (0, 1)]
        cutting = [
            self.with_plane(*face).plane
            for face, (axis, end) in zip(self.faces(geometry), ends, strict=True)
            if self.box[axis][end] != whole.box[axis][end]
        ]
        return tuple(plane for plane in (*cutting, self.plane) if plane is not None)
