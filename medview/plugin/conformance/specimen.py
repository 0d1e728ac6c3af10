"""The phantom as series that a plugin says it can take: every demand of its first input is met."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.plugin.conformance.phantom import Phantom
from medview.plugin.conformance.shapes import BodyName
from medview.plugin.manifest.input_record import InputRecord
from medview.plugin.manifest.manifest import Manifest
from medview.study.geometry import Geometry
from medview.study.series import Instance, Series
from medview.study.volume import Volume

_COARSE_MM: dict[BodyName, float] = {"chest": 6.0, "abdomen": 6.0, "head": 4.0}
_HEAD = ("HEAD", "BRAIN", "SKULL", "NEURO")
_ABDOMEN = ("ABDOMEN", "PELVIS", "LIVER", "KIDNEY", "SPINE")
MOVED_MM = (4.0, -3.0, 2.0)  # of the second images of a plugin that brings two together


@dataclass(frozen=True, eq=False)
class Specimen:
    """A patient for a plugin.

    Attributes
    ----------
    base
        The axial grid of the plain run: slices from feet to head, rows to the back, columns to the left. It is as
        coarse as the manifest allows, so that networks stay fast.
    """

    record: InputRecord
    phantom: Phantom
    base: Geometry

    @classmethod
    def of(cls, manifest: Manifest, body: BodyName | None = None, size: float = 1.0) -> Specimen:
        """Make the patient that suits a plugin, or one of the bodies that there are, as large as in life or smaller."""
        phantom = Phantom(body or _body(manifest.input), manifest.input.modality[0], size)
        return cls(manifest.input, phantom, _grid(manifest.input, phantom))

    def finer(self, factor: float) -> Specimen:
        """Return the same patient on voxels smaller by a factor."""
        a, b, c = (round(n / factor) for n in self.base.shape)
        step = max(self.base.spacing_mm[0] * factor, self.record.spacing_mm[0])
        return replace(self, base=_axial((a, b, c), (step, step, step)))

    def plain(self) -> Volume:
        """Return the patient on the base grid."""
        return self.of_array(self._array.copy(), self.base)

    def on(self, geometry: Geometry) -> Volume:
        """Return the patient on another grid."""
        return self.of_array(self.phantom.on(geometry), geometry)

    def stacked(self, axes: tuple[int, int, int], flipped: tuple[int, ...] = ()) -> Volume:
        """Return the same voxels in another order of axes, some of them the other way round."""
        array = self._array.transpose(axes)
        affine = self.base.affine.copy()
        affine[:, :3] = affine[:, list(axes)]
        for axis in flipped:
            affine[:, 3] += affine[:, axis] * (array.shape[axis] - 1)
            affine[:, axis] *= -1
        array = np.ascontiguousarray(np.flip(array, flipped))
        return self.of_array(array, Geometry(array.shape, affine))

    def constant(self, value: int) -> Volume:
        """Return images that all have one value."""
        return self.of_array(np.full(self.base.shape, value, dtype=np.int16), self.base)

    def second(self, geometry: Geometry) -> Volume:
        """Return the patient on a grid after a small move: what a plugin with two inputs is given beside the first."""
        return self.of_array(self.phantom.on(geometry, MOVED_MM), geometry)

    def of_array(self, array: NDArray[Any], geometry: Geometry, unit: str | None = None) -> Volume:
        """Return an array as a volume of a series that fits; its UIDs are made of its voxels."""
        digest = hashlib.sha256(array.tobytes() + geometry.affine.tobytes()).digest()
        uid = f"2.25.{int.from_bytes(digest[:12], 'big')}"
        instances = tuple(Instance(Path(f"{n}.dcm"), f"{uid}.{n + 1}") for n in range(len(array)))
        said = self.record.expected_words[:1] or (self.record.contrast,)
        series = Series(
            uid,
            f"{uid}.0",
            modality=self.record.modality[0],
            series_description=f"{said[0]} phantom".strip(),
            body_part_examined=next(iter(self.record.body_parts), ""),
            image_type=("ORIGINAL", "PRIMARY"),
            rows=array.shape[1],
            columns=array.shape[2],
            instances=instances,
            geometry=geometry,
        )
        return Volume(array, geometry, series, self._unit if unit is None else unit)

    @cached_property
    def _array(self) -> NDArray[Any]:
        return self.phantom.on(self.base)

    @property
    def _unit(self) -> str:
        return "HU" if self.record.modality[0] == "CT" else next(iter(self.record.units), "")

    def anisotropic(self) -> Geometry:
        """Return a grid with slices apart as far as the manifest allows, up to twice as far as the base's."""
        low, high = self.record.spacing_mm
        step = min(2.0 * self.base.spacing_mm[0], high)
        count = max(round(self.base.shape[0] * self.base.spacing_mm[0] / step), self.record.minimum_slices)
        in_plane = max(self.base.spacing_mm[1] * 0.8, low)
        sizes = tuple(
            round(n * s / in_plane) for n, s in zip(self.base.shape[1:], self.base.spacing_mm[1:], strict=True)
        )
        return _axial((count, *sizes), (step, in_plane, in_plane))

    def turned(self, degrees: float = 15.0) -> Geometry:
        """Return the base grid turned about an axis that is none of its own."""
        axis = np.array([0.6, 0.64, 0.48])
        x, y, z = axis
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        angle = np.deg2rad(degrees)
        rotation = np.eye(4)
        rotation[:3, :3] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross  # Rodrigues
        return replace(self.base, affine=rotation @ self.base.affine)

    def tilted(self, degrees: float = 15.0) -> Geometry:
        """Return the base grid sheared as by a tilted gantry: each slice lies further back than the one below it."""
        affine = self.base.affine.copy()
        step = self.base.spacing_mm[0]  # along the tilt, too: the manifest may allow no more
        affine[1, 0], affine[2, 0] = step * np.sin(np.deg2rad(degrees)), step * np.cos(np.deg2rad(degrees))
        affine[:3, 3] += self.base.centre_mm - replace(self.base, affine=affine).centre_mm
        return replace(self.base, affine=affine)


def _body(record: InputRecord) -> BodyName:
    told = [part.upper() for part in record.body_parts]
    if any(part in _HEAD for part in told) or (not told and record.modality[0] == "MR"):
        return "head"
    return "abdomen" if told and told[0] in _ABDOMEN else "chest"


def _grid(record: InputRecord, phantom: Phantom) -> Geometry:
    """Return the coarsest grid over a phantom that has the slices a manifest asks for, along each of its axes."""
    low, high = record.spacing_mm
    most = record.maximum_fov_mm or float("inf")
    extent = [min(side, most) for side in reversed(phantom.extent_mm)]
    step = min(_COARSE_MM[phantom.body] * phantom.size, high, min(extent) / record.minimum_slices)
    step = max(step, low)
    a, b, c = (max(int(side / step + 1e-6), record.minimum_slices) for side in extent)
    return _axial((a, b, c), (step, step, step))


def _axial(shape: tuple[int, ...], spacing_mm: tuple[float, float, float]) -> Geometry:
    """Return an axial grid around the middle of the patient."""
    affine = np.zeros((4, 4))
    for axis, step in enumerate(spacing_mm):
        affine[2 - axis, axis] = step
        affine[2 - axis, 3] = -step * (shape[axis] - 1) / 2.0
    affine[3, 3] = 1.0
    a, b, c = shape
    return Geometry((a, b, c), affine)
