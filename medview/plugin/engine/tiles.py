"""Which tiles a volume is cut into for a network that sees a patch at a time, and what each voxel of a tile counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import torch
from torch import Tensor

from medview.plugin.engine.model_grid import Size

Blend = Literal["gaussian", "gaussian_nnunet", "constant"]
Placing = Literal["fixed", "even"]


@dataclass(frozen=True)
class Tiling:
    """How a volume is cut.

    Attributes
    ----------
    patch
        Voxels of a tile, in the index order of the volume.
    overlap
        Share of a patch that neighbours have in common.
    blend
        What a voxel of a tile counts where tiles overlap: "gaussian" as in MONAI (sigma an eighth of the patch about
        its middle, at least 0.001), "gaussian_nnunet" as in nnU-Net (about voxel n // 2, to 4 sigma, in half
        precision), "constant".
    placing
        "fixed": a whole step from tile to tile and the last one moved back to fit, as in MONAI; "even": the same number
        of tiles or fewer, evenly far apart, as in nnU-Net.
    padding
        Value around a volume that is smaller than a patch: it lies in the middle.
    """

    patch: Size
    overlap: float = 0.5
    blend: Blend = "gaussian"
    placing: Placing = "fixed"
    padding: float = 0.0

    def margins(self, size: Size) -> Size:
        """Return how many voxels of padding lie before a volume along each axis."""
        a, b, c = (max(side - count, 0) // 2 for side, count in zip(self.patch, size, strict=True))
        return a, b, c

    def padded(self, size: Size) -> Size:
        """Return the size of a volume with its padding: at least that of a patch."""
        a, b, c = (max(side, count) for side, count in zip(self.patch, size, strict=True))
        return a, b, c

    def starts(self, size: Size) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Return the first voxels of the tiles of a padded volume along each axis, increasing."""
        place = _fixed if self.placing == "fixed" else _even
        a, b, c = (place(n, side, self.overlap) for n, side in zip(self.padded(size), self.patch, strict=True))
        return a, b, c

    def count(self, size: Size) -> int:
        """Return how many tiles a volume has."""
        return math.prod(len(starts) for starts in self.starts(size))

    def importance(self, device: torch.device | str = "cpu") -> Tensor:
        """Return what the voxels of a tile count, float32 of the patch's shape, above 0."""
        if self.blend == "constant":
            return torch.ones(self.patch, device=device)
        weights = torch.ones((), dtype=torch.float32)
        for side in self.patch:
            weights = weights[..., None] * _bell(side, self.blend)
        if self.blend == "gaussian":
            return weights.clamp_(min=max(float(weights.min()), 1e-3)).to(device)
        weights = (10.0 * weights / weights.max()).half().float()  # nnU-Net keeps them in half precision
        return weights.clamp_(min=float(weights[weights > 0].min())).to(device)

    def together(self, size: Size, device: torch.device | str = "cpu") -> Tensor:
        """Return what all tiles of one start along the first axis count together, (patch, rows, columns)."""
        weights = self.importance(device)
        _, rows, columns = self.padded(size)
        total = torch.zeros((self.patch[0], rows, columns), device=device)
        _, down, across = self.starts(size)
        for row, column in product(down, across):
            total[:, row : row + self.patch[1], column : column + self.patch[2]] += weights
        return total


def _fixed(count: int, side: int, overlap: float) -> tuple[int, ...]:
    """Return starts a whole step apart; the last tile ends where the volume does."""
    step = max(int(side * (1.0 - overlap)), 1)
    tiles = math.ceil(max(count - side, 0) / step) + 1
    return tuple(min(number * step, count - side) for number in range(tiles))


def _even(count: int, side: int, overlap: float) -> tuple[int, ...]:
    """Return starts evenly far apart, at most the wanted step (Isensee 2021, nnU-Net)."""
    tiles = math.ceil((count - side) / (side * (1.0 - overlap))) + 1
    step = (count - side) / (tiles - 1) if tiles > 1 else 0.0
    return tuple(round(step * number) for number in range(tiles))


def _bell(side: int, blend: Blend) -> Tensor:
    """Return a Gaussian along one axis."""
    sigma = side / 8.0
    middle = (side - 1) / 2.0 if blend == "gaussian" else float(side // 2)
    distance = torch.arange(side, dtype=torch.float32) - middle
    bell = torch.exp(distance**2 / (-2.0 * sigma**2))
    return bell if blend == "gaussian" else bell * (distance.abs() <= int(4.0 * sigma + 0.5))


def tiles_at(starts: Sequence[Sequence[int]], first: int) -> list[Size]:
    """Return the starts of all tiles that begin at one voxel of the first axis."""
    return [(first, row, column) for row, column in product(starts[1], starts[2])]
