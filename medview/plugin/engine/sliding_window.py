"""A network run over the tiles of a volume, what it gives blended and handed on slab by slab.

Tiles are taken in the order of the first axis. Sums are kept only of the slab that tiles may still add to: it is as
thick as a patch, so that memory does not grow with the number of slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from medview.plugin.engine.model_grid import Size
from medview.plugin.engine.tiles import Tiling, tiles_at
from medview.plugin.plugin_fault_error import PluginFaultError
from medview.progress import Progress, unheard

Forward = Callable[[Tensor], Tensor]
Sums = Literal["float32", "float16"]
_THIN = 4  # slices handed on at once: what is made of them ends soon enough for a cancel to be seen


@dataclass(frozen=True, eq=False)
class Slab:
    """Finished slices of what a network gives.

    Attributes
    ----------
    first
        Index of the first slice.
    values
        (channels, slices, rows, columns); holds until the next slab is asked for, when its memory is used again.
    """

    first: int
    values: Tensor


@dataclass(frozen=True, eq=False)
class SlidingWindow:
    """How a network is run over a volume.

    Attributes
    ----------
    forward
        Given (batch, 1, *patch) it returns (batch, channels, *patch), axes in the network's order.
    tiling
        In the index order of the volume.
    axes
        For each axis of the network, the axis of the volume.
    batch
        How many tiles go through the network at once.
    sums
        In what the slab is summed; "float16" halves its memory. Weights are divided before, so that no sum exceeds the
        largest value of a tile.
    sums_device
        Where the slab is summed; "" where the network is.
    """

    forward: Forward
    tiling: Tiling
    axes: tuple[int, int, int] = (0, 1, 2)
    batch: int = 1
    sums: Sums = "float32"
    sums_device: str = ""

    def over(self, volume: Tensor, progress: Progress = unheard) -> Iterator[Slab]:
        """Run the network and yield slabs along the first axis, each slice once, in their order.

        Every value is the mean of what the tiles say of it, weighted by their importance.

        Parameters
        ----------
        volume
            (slices, rows, columns) on the device where the network is.
        progress
            Called before each batch of tiles and each slab; what it raises ends the run.

        Raises
        ------
        PluginFaultError
            The network gives something of another shape, or values that are no numbers.
        """
        size = (volume.shape[0], volume.shape[1], volume.shape[2])
        starts = self.tiling.starts(size)
        weights = _Weights(self.tiling, size, torch.device(self.sums_device) if self.sums_device else volume.device)
        count, done = self.tiling.count(size), 0
        slab: _OpenSlab | None = None
        for start, end in pairwise((*starts[0], self.tiling.padded(size)[0])):
            row = tiles_at(starts, start)
            for tiles in (row[n : n + self.batch] for n in range(0, len(row), self.batch)):
                progress(done / count)
                given = self._given(volume, tiles, size)
                given = given.to(self.sums_device) if self.sums_device else given
                slab = slab or _OpenSlab(self, size, given)
                for tile, one in zip(tiles, given, strict=True):
                    slab.add(tile, one, weights.of(tile))
                done += len(tiles)
                del given, one  # not beside the next one's, nor beside what is made of the slab
            assert slab is not None
            for finished in slab.finished(start, end):
                progress(done / count)
                yield finished

    def _given(self, volume: Tensor, tiles: list[Size], size: Size) -> Tensor:
        """Return what the network says of some tiles, (tiles, channels, *patch) in the volume's order of axes."""
        cut = torch.stack([_cut(volume, tile, self.tiling, size) for tile in tiles]).unsqueeze(1)
        asked = cut.permute(0, 1, *(2 + axis for axis in self.axes)).contiguous()
        with torch.inference_mode():
            given = self.forward(asked)
        if given.ndim != 5 or given.shape[0] != len(tiles) or given.shape[2:] != asked.shape[2:]:
            raise _wrong_shape(tuple(given.shape), tuple(asked.shape))
        if not bool(torch.isfinite(given.sum(dtype=torch.float32))):
            raise _no_numbers()
        return given.permute(0, 1, *(2 + self.axes.index(axis) for axis in range(3)))


class _Weights:
    """What each voxel of a tile counts, divided by what all tiles count there together."""

    def __init__(self, tiling: Tiling, size: Size, device: torch.device) -> None:
        self._tiling = tiling
        self._starts = tiling.starts(size)[0]
        self._importance = tiling.importance(device)
        self._sheet = tiling.together(size, device)
        self._first, self._share = -1, self._sheet

    def of(self, tile: Size) -> Tensor:
        """Return the weights of a tile, of the patch's shape."""
        if tile[0] != self._first:
            self._first, self._share = tile[0], 1.0 / self._total(tile[0])
        _, rows, columns = self._tiling.patch
        _, row, column = tile
        return self._importance * self._share[:, row : row + rows, column : column + columns]

    def _total(self, first: int) -> Tensor:
        """Return what all tiles count together in the slices of those that start at `first`."""
        total, thick = torch.zeros_like(self._sheet), self._tiling.patch[0]
        for start in self._starts:
            low, high = max(start, first), min(start, first) + thick
            if low < high:
                total[low - first : high - first] += self._sheet[low - start : high - start]
        return total


class _OpenSlab:
    """Weighted sums of the slices that tiles may still add to."""

    def __init__(self, window: SlidingWindow, size: Size, like: Tensor) -> None:
        self._tiling, self._size = window.tiling, size
        patch, (_, rows, columns) = window.tiling.patch, window.tiling.padded(size)
        lengths = (patch[0], rows, columns)
        dtype = torch.float16 if window.sums == "float16" else torch.float32
        # in memory the axes lie as the network's do: a tile is then added along its own memory
        sums = torch.zeros((like.shape[1], *(lengths[axis] for axis in window.axes)), dtype=dtype, device=like.device)
        self._sums = sums.permute(0, *(1 + window.axes.index(axis) for axis in range(3)))

    def add(self, tile: Size, given: Tensor, weights: Tensor) -> None:
        _, rows, columns = self._tiling.patch
        _, row, column = tile
        place = self._sums[:, :, row : row + rows, column : column + columns]
        if place.dtype == given.dtype:
            place.addcmul_(given, weights)
            return
        for channel, one in zip(place, given, strict=True):  # one by one: a whole product in float32 is large
            channel.add_(one * weights)

    def finished(self, start: int, end: int) -> Iterator[Slab]:
        """Yield the slices from `start` to before `end` without padding, then make room for the next."""
        thick = self._tiling.patch[0]
        before, row, column = self._tiling.margins(self._size)
        first, last = max(start, before), min(end, before + self._size[0])
        shown = self._sums[:, :, row : row + self._size[1], column : column + self._size[2]]
        for low in range(first, last, _THIN):
            yield Slab(low - before, shown[:, low - start : min(low + _THIN, last) - start])
        moved = min(end - start, thick)
        for number in range(thick - moved):
            self._sums[:, number] = self._sums[:, number + moved]
        self._sums[:, thick - moved :] = 0


def _cut(volume: Tensor, tile: Size, tiling: Tiling, size: Size) -> Tensor:
    """Return a tile of a volume, padded where the volume is smaller."""
    margins = tiling.margins(size)
    ranges = []
    for start, margin, side, count in zip(tile, margins, tiling.patch, size, strict=True):
        ranges.append((max(start - margin, 0), min(start - margin + side, count)))
    part = volume[tuple(slice(low, high) for low, high in ranges)]
    if tuple(part.shape) == tiling.patch:
        return part
    padding = [
        side
        for margin, (low, high), patch in reversed(list(zip(margins, ranges, tiling.patch, strict=True)))
        for side in (margin, patch - margin - (high - low))
    ]
    return torch.nn.functional.pad(part, padding, value=tiling.padding)


def _wrong_shape(given: tuple[int, ...], asked: tuple[int, ...]) -> PluginFaultError:
    return PluginFaultError(
        "The network gave an array of shape {given} for tiles of shape {asked}.",
        "Report it to the plugin's authors.",
        given=given,
        asked=asked,
    )


def _no_numbers() -> PluginFaultError:
    return PluginFaultError(
        "The network gave values that are no numbers (NaN or infinite).",
        "Try again on the CPU in full precision; if that fails, report it to the plugin's authors.",
    )
