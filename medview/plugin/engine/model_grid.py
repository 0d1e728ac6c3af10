"""The grid that a network works on, laid over the grid of the images along the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from medview.imaging.reorientation import Reorientation
from medview.study.geometry import Geometry

Alignment = Literal["faces", "centres"]
Size = tuple[int, int, int]


@dataclass(frozen=True)
class AxisMap:
    """Where the voxels of the network's grid lie on one axis of the images.

    Attributes
    ----------
    size, source_size
        Voxels of the network's grid and of the images.
    start, step
        Voxel i of the network lies at index ``start + step * i`` of the images; the step is negative where the
        network's axis runs the other way.
    """

    size: int
    source_size: int
    start: float
    step: float

    def place(self, source_index: int) -> float:
        """Return where a voxel of the images lies on the network's grid; beyond its ends where the grid is smaller."""
        return (source_index - self.start) / self.step

    def flipped(self) -> AxisMap:
        """Return the same voxels counted from the other end."""
        return replace(self, start=self.start + self.step * (self.size - 1), step=-self.step)


@dataclass(frozen=True)
class ModelGrid:
    """The network's grid over that of the images: an `AxisMap` for each axis of the images, and the order of the axes.

    Tilted (sheared) and oblique images keep their axes: only distances along them change, and nothing is interpolated
    across. Index order everywhere in this room is that of the images (slice, row, column), each axis already running
    the network's way; only a tile that is handed to the network has its axes in the network's order.

    Attributes
    ----------
    maps
        Of the images' slice, row and column axis.
    axes
        For each axis of the network, the axis of the images.
    """

    maps: tuple[AxisMap, AxisMap, AxisMap]
    axes: tuple[int, int, int] = (0, 1, 2)

    @classmethod
    def over(
        cls,
        geometry: Geometry,
        spacing_mm: Sequence[float] = (0.0, 0.0, 0.0),
        orientation: str = "",
        alignment: Alignment = "faces",
    ) -> ModelGrid:
        """Lay the grid that a network was trained on over the images.

        Parameters
        ----------
        spacing_mm
            Along the network's first, second and third axis; 0 keeps the images' own.
        orientation
            Towards what the network's indices grow, such as "RAS"; "" keeps the images' axes.
        alignment
            "faces": both grids fill the same box, so that the spacing is rounded to a whole number of voxels, as
            nnU-Net and torch's ``align_corners=False`` do; "centres": the network's first voxel lies on one of the
            images and the spacing is exact, as MONAI's Spacing does.
        """
        turn = Reorientation.to(geometry, orientation) if orientation else Reorientation((0, 1, 2), (False,) * 3)
        found: dict[int, AxisMap] = {}
        for axis, flipped, wanted_mm in zip(turn.axes, turn.flipped, spacing_mm, strict=True):
            steps = wanted_mm / geometry.spacing_mm[axis] if wanted_mm > 0 else 1.0
            found[axis] = _axis_map(geometry.shape[axis], steps, flipped, alignment)
        return cls((found[0], found[1], found[2]), turn.axes)

    @property
    def size(self) -> Size:
        """Voxels of the network's grid along the images' slice, row and column axis."""
        a, b, c = self.maps
        return a.size, b.size, c.size

    @property
    def source_size(self) -> Size:
        """Slices, rows and columns of the images."""
        a, b, c = self.maps
        return a.source_size, b.source_size, c.source_size

    def in_source_order(self, of_network: Sequence[int]) -> Size:
        """Return three numbers that are given along the network's axes in the order of the images' axes."""
        found = dict(zip(self.axes, of_network, strict=True))
        return found[0], found[1], found[2]

    def geometry(self, source: Geometry) -> Geometry:
        """Return where the network's grid lies in the patient, axes in the order of the images'."""
        to_source = np.eye(4)
        for axis, one in enumerate(self.maps):
            to_source[axis, axis], to_source[axis, 3] = one.step, one.start
        return replace(source, shape=self.size, affine=source.affine @ to_source)


def _axis_map(count: int, steps: float, flipped: bool, alignment: Alignment) -> AxisMap:
    """Return the map of an axis of `count` voxels, of which the network takes one every `steps`."""
    # halves go to the even number, as both libraries round them
    if alignment == "faces":
        size = max(1, round(count / steps))
        step = count / size
        found = AxisMap(size, count, (step - 1.0) / 2.0, step)
        return found.flipped() if flipped else found
    size = round((count - 1) / steps + 1)
    return AxisMap(size, count, count - 1.0, -steps) if flipped else AxisMap(size, count, 0.0, steps)
