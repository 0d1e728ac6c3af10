"""A patient whose every voxel is known, on any grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.plugin.conformance.shapes import BODIES, EXTENT_MM, BodyName, Point, Tissue
from medview.study.geometry import Geometry

_HU: Mapping[Tissue, int] = {
    "air": -1000, "fat": -100, "muscle": 45, "compact": 800, "marrow": 260, "lung": -850, "airway": -995, "blood": 60,
    "organ": 105, "csf": 10, "grey": 37, "white": 28, "lesion": 55,
}  # fmt: skip
# as a T1-weighted MR shows them; in arbitrary units, as all but CT are here
_T1: Mapping[Tissue, int] = {
    "air": 0, "fat": 700, "muscle": 300, "compact": 40, "marrow": 450, "lung": 20, "airway": 0, "blood": 200,
    "organ": 350, "csf": 120, "grey": 420, "white": 600, "lesion": 760,
}  # fmt: skip
_TEXTURE = 0.02  # of the range of values, within the body: no tissue is quite even


@dataclass(frozen=True)
class Phantom:
    """A body of ellipsoids, seen by a modality.

    Its values are told at points of the patient, so that the same patient can be had on every grid: axial or sagittal,
    coarse or fine, turned or tilted.

    Attributes
    ----------
    size
        Of the whole body, 1 as in life.
    """

    body: BodyName
    modality: str
    size: float = 1.0

    @property
    def extent_mm(self) -> Point:
        """How far it reaches along x, y and z."""
        x, y, z = EXTENT_MM[self.body]
        return x * self.size, y * self.size, z * self.size

    @property
    def values(self) -> Mapping[Tissue, int]:
        """What a tissue measures: Hounsfield units of CT, arbitrary units else."""
        return _HU if self.modality == "CT" else _T1

    def on(self, geometry: Geometry, moved_mm: Point = (0.0, 0.0, 0.0)) -> NDArray[np.int16]:
        """Return its values at the centres of a grid's voxels, int16 (slices, rows, columns).

        Parameters
        ----------
        moved_mm
            By which the patient lies elsewhere.
        """
        out = np.empty(geometry.shape, dtype=np.int16)
        rows, columns = np.meshgrid(np.arange(geometry.shape[1]), np.arange(geometry.shape[2]), indexing="ij")
        for number in range(geometry.shape[0]):
            index = np.stack([np.full(rows.shape, number), rows, columns], axis=-1)
            points_mm = np.round(geometry.to_mm(index), 6) - np.array(moved_mm)
            out[number] = self._at(points_mm / self.size)
        return out

    def _at(self, points_mm: NDArray[np.float64]) -> NDArray[Any]:
        found = np.full(points_mm.shape[:-1], self.values["air"], dtype=np.float64)
        body = np.zeros(found.shape, dtype=np.bool_)
        for shape in BODIES[self.body]:
            inside = shape.holds(points_mm)
            found[inside] = self.values[shape.tissue]
            body |= inside
        x, y, z = np.moveaxis(points_mm, -1, 0)
        waves = np.sin(x / 5.3) * np.sin(y / 6.1 + 1.0) * np.sin(z / 5.7 + 2.0)
        found += body * waves * _TEXTURE * (self.values["muscle"] - self.values["air"])
        return np.maximum(np.rint(found), self.values["air"])
