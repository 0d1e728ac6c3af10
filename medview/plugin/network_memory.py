"""How much memory a network takes on a volume beside the images and its answer: what the plan before a run tells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from medview.plugin.manifest.manifest import Manifest

_MB = 1 << 20
_FLOAT = 4
_PARAMETERS_OF_A_MAP = 10_000
_MAPS_AT_ONCE = 6
_LIBRARY_MB = 160  # what torch, ONNX Runtime and OpenVINO take for themselves with their first network
_MOST_SUMS_MB = 384


@dataclass(frozen=True)
class NetworkMemory:
    """What a run holds at its peak.

    Attributes
    ----------
    channels
        That the network gives.
    grid, patch
        Voxels along the three axes of the images: of the network's grid, and of a tile (the grid at most padded to it).
    batch
        Tiles that go through the network at once.
    weights_bytes
        Of all files that are loaded.
    is_for_labels
        Of its values only the largest counts: half precision is enough for their sums.
    """

    channels: int
    grid: tuple[int, int, int]
    patch: tuple[int, int, int]
    batch: int
    weights_bytes: int
    is_for_labels: bool = True

    @classmethod
    def of(cls, manifest: Manifest, grid: Sequence[int], patch: Sequence[int]) -> NetworkMemory:
        """Return it of a manifest's network on a grid, both in the order of the images' axes."""
        channels = max(max(len(o.segments) + 1, len(o.concepts)) for o in manifest.outputs)
        batch = manifest.tiling.batch if manifest.tiling is not None else 1
        weights = sum(record.bytes for record in manifest.weights)
        a, b, c = (max(side, count) for side, count in zip(patch, grid, strict=True))
        is_for_labels = manifest.outputs[0].type == "labels"
        return cls(channels, (a, b, c), (patch[0], patch[1], patch[2]), batch, weights, is_for_labels)

    @property
    def sums(self) -> Literal["float32", "float16"]:
        """In what the open slab is summed: in half precision where it is large, as nnU-Net sums everything."""
        is_large = _FLOAT * self.channels * self._sheet > _MOST_SUMS_MB * _MB
        return "float16" if is_large and self.is_for_labels else "float32"

    @property
    def megabytes(self) -> int:
        """The peak, rounded up."""
        values = math.prod(self.grid) + 3 * self._sheet + self._tiles + self._activations + self._planes
        sums = (_FLOAT if self.sums == "float32" else 2) * self.channels * self._sheet
        return math.ceil((_FLOAT * values + sums + 2 * self.weights_bytes) / _MB) + _LIBRARY_MB

    @property
    def _sheet(self) -> int:
        """Voxels of the slab that tiles may still add to; what they count there is held three times."""
        return self.patch[0] * self.grid[1] * self.grid[2]

    @property
    def _tiles(self) -> int:
        """What goes into the network and what comes out of it, once more while it is added."""
        return self.batch * (2 + 2 * self.channels) * math.prod(self.patch)

    @property
    def _activations(self) -> int:
        """What the layers hold, by a rule of thumb: a U-Net has maps at full size as the root of its parameters.

        0.5 M parameters have 8 of them, 13 M and more have 32; a few times as many live at once.
        """
        maps = math.sqrt(self.weights_bytes / _FLOAT / _PARAMETERS_OF_A_MAP)
        return round(self.batch * _MAPS_AT_ONCE * max(maps, 1.0) * math.prod(self.patch))

    @property
    def _planes(self) -> int:
        """The two slices that labels are made between, the next one, and a copy."""
        return 4 * self.channels * self.grid[1] * self.grid[2]
