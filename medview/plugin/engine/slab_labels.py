"""Logits on the network's grid to labels on that of the images, without interpolating all of them.

What is computed is defined by the long way: all channels interpolated linearly (`taps_out`: along slices, then rows,
then columns, each product and sum rounded to float32), and of each voxel the channel with the largest value, the first
of several. The labels here are the same bit for bit, at a fraction of the cost:

* Linear interpolation is a convex combination. Where one channel is the largest at all eight corners of a cell of the
  network's grid, it is so everywhere inside, and no voxel of the cell needs any interpolation.
* In the other cells a channel can win (also one that wins at no corner) unless another one is above it at every corner:
  only what is left is interpolated.
* Where most cells of a block are mixed, as of a network that is unsure, everything in it is interpolated at once
  (`whole_block`): that costs less than to find out what need not be.

"Above" means by more than rounding can take away: both interpolated values are off by at most 6 units of 2**-24 of the
largest logit (three levels of two products and a sum), and so their difference by less than a millionth of it. A cell
whose corners agree by less than that is interpolated like the others. Thus ties are decided by the same rule, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medview.errors import MedViewError
from medview.plugin.engine.layers import Layer, layers
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.sliding_window import Slab
from medview.plugin.engine.taps import Taps, taps_out
from medview.plugin.engine.whole_block import WholeBlock, whole_blocks

_ROUNDING = 1e-6  # of the largest logit
_CORNER_VALUES = 2_000_000  # at once: memory, not meaning
_MOSTLY = 0.25  # of a block's cells mixed: about here both ways cost the same
Told = Callable[[int, int], None]


def unheard_slices(first: int, end: int) -> None:
    """Stand in for a listener."""


class SumsOverflowError(MedViewError):
    """Sums of logits were larger than their precision can hold."""


@dataclass(frozen=True, eq=False)
class SlabLabels:
    """Writes labels of the images' grid as slabs of logits are finished.

    Attributes
    ----------
    grid
        The network's grid over that of the images. Voxels of the images beyond the outer centres of the network's grid
        get the labels of the outermost voxels, as the long way gives them.
    numbers
        The label of each channel; None where it is the channel's index (of regions its index and 1).
    """

    grid: ModelGrid
    numbers: Sequence[int] | None = None

    def write(self, slabs: Iterable[Slab], out: NDArray[Any], told: Told = unheard_slices) -> None:
        """Write the channel that wins into `out`, uint8 or uint16 (slices, rows, columns), slab by slab.

        Parameters
        ----------
        told
            Given the first slice and the one after the last of what is final, each slice once.
        """
        telling = _Telling(told)
        for layer, cells in self._cells(slabs):
            numbers = self._numbers(len(layer.lower.values), out)
            for number, below, above in layer.slices:
                out[number] = numbers[cells.winners(below, above).cpu().numpy()]
            telling.after(layer)

    def write_regions(
        self, slabs: Iterable[Slab], out: NDArray[Any], thresholds: Sequence[float], told: Told = unheard_slices
    ) -> None:
        """Write regions that may overlap, each channel by itself: where its interpolated logit is above its threshold.

        A voxel of several regions gets the label of the last of them, as nnU-Net's regions do. Thresholds are in
        logits: 0 is a probability of one half. They are subtracted before the interpolation.
        """
        telling, numbers = _Telling(told), self._numbers(len(thresholds), out, first=1)
        for layer, regions in self._region_cells(slabs, thresholds):
            for number, below, above in layer.slices:
                out[number] = 0
                for label, cells in zip(numbers, regions, strict=True):
                    out[number][cells.winners(below, above).bool().cpu().numpy()] = label
            telling.after(layer)

    def _cells(self, slabs: Iterable[Slab]) -> Iterator[tuple[Layer[_Plane], _Cells]]:
        along, places = self._taps()
        for layer in layers(slabs, along, _Plane.of):
            yield layer, _Cells(layer.lower, layer.upper, places.on(layer.lower.values.device))

    def _region_cells(
        self, slabs: Iterable[Slab], thresholds: Sequence[float]
    ) -> Iterator[tuple[Layer[list[_Plane]], list[_Cells]]]:
        """Yield each region as the question whether its channel, less its threshold, wins against zero."""

        def planes(values: Tensor) -> list[_Plane]:
            pairs = zip(values.float(), thresholds, strict=True)
            return [_Plane.of(torch.stack([torch.zeros_like(one), one - threshold])) for one, threshold in pairs]

        along, places = self._taps()
        for layer in layers(slabs, along, planes):
            there = places.on(layer.lower[0].values.device)
            yield layer, [_Cells(*pair, there) for pair in zip(layer.lower, layer.upper, strict=True)]

    def _taps(self) -> tuple[Taps, _Places]:
        along, down, across = (taps_out(axis) for axis in self.grid.maps)
        return along, _Places(down, across, whole_blocks(down, across))

    def _numbers(self, channels: int, out: NDArray[Any], first: int = 0) -> NDArray[Any]:
        """Return the label of each channel, as what is written; OverflowError where that cannot hold them."""
        return np.array(range(first, first + channels) if self.numbers is None else self.numbers, dtype=out.dtype)


@dataclass(frozen=True, eq=False)
class _Plane:
    """A slice of logits, and of each voxel who wins and by how much.

    Attributes
    ----------
    values
        (channels, rows * columns), float32.
    winner, margin
        (rows, columns).
    largest
        Of all magnitudes.
    """

    values: Tensor
    winner: Tensor
    margin: Tensor
    largest: float

    @classmethod
    def of(cls, logits: Tensor) -> _Plane:
        """Return it of (channels, rows, columns), whose memory it does not keep."""
        values = logits.to(torch.float32, copy=True, memory_format=torch.contiguous_format)
        least, most = (float(value) for value in torch.aminmax(values))
        if not np.isfinite(least) or not np.isfinite(most):
            raise SumsOverflowError(
                "The network's values are too large for the precision in which they are summed.",
                "Report it to the plugin's authors.",
            )
        best, winner = values.max(dim=0)
        if len(values) > 1:
            values.scatter_(0, winner[None], -torch.inf)
            margin = best - values.amax(dim=0)
            values.scatter_(0, winner[None], best[None])
        else:
            margin = torch.full_like(best, torch.inf)
        return cls(values.flatten(1), winner.to(torch.int16), margin, max(-least, most))


@dataclass(frozen=True, eq=False)
class _Places:
    """Where the voxels of an image lie in the cells of a layer: of row and column the cell and the weights."""

    down: Taps
    across: Taps
    blocks: tuple[WholeBlock, ...]

    def on(self, device: torch.device) -> _Places:
        """Return it on a device."""
        if self.down.index.device == device:
            return self
        down, across = self.down.to(device), self.across.to(device)
        return _Places(down, across, whole_blocks(down, across))

    def spread(self, cells: Tensor) -> Tensor:
        """Return what is known of cells (rows, columns) for each voxel of an image."""
        return cells.index_select(0, self.down.index[:, 0]).index_select(1, self.across.index[:, 0])


class _Cells:
    """The cells between two slices of logits: who wins in them, and what must be interpolated to know it."""

    def __init__(self, lower: _Plane, upper: _Plane, places: _Places) -> None:
        self._planes, self._places = (lower, upper), places
        self._rounding = _ROUNDING * max(lower.largest, upper.largest) + 1e-30
        low = _over_corners(lower.winner, upper.winner, torch.minimum)
        high = _over_corners(lower.winner, upper.winner, torch.maximum)
        margin = _over_corners(lower.margin, upper.margin, torch.minimum)
        mixed = (low != high) | (margin <= self._rounding)
        self._agreed = places.spread(low)
        self._whole = [block for block in places.blocks if float(mixed[block.cells].float().mean()) > _MOSTLY]
        for block in self._whole:
            mixed[block.cells] = False
        self._rivals = self._found(mixed, low, high)

    def winners(self, below: float, above: float) -> Tensor:
        """Return the winning channel of each voxel of an image between the two slices, int16 (rows, columns)."""
        winners = self._agreed.clone()
        flat = winners.view(-1)
        for rivals in self._rivals:
            flat[rivals.voxels] = rivals.winners(below, above)
        lower, upper = (plane.values.view(-1, *plane.winner.shape) for plane in self._planes)
        for block in self._whole:
            winners[block.voxels] = block.winners(lower, upper, below, above)
        return winners

    def _found(self, mixed: Tensor, low: Tensor, high: Tensor) -> list[_Rivals]:
        """Return what is to be interpolated: the mixed cells by the number of channels that can win in them."""
        cells = mixed.flatten().nonzero().flatten()
        rank = torch.full_like(low, -1, dtype=torch.int32)
        rank.view(-1)[cells] = torch.arange(len(cells), dtype=torch.int32, device=cells.device)
        of_voxel = self._places.spread(rank).flatten()
        voxels = (of_voxel >= 0).nonzero().flatten()
        of_voxel = of_voxel[voxels].long()
        found: list[_Rivals] = []
        step = max(_CORNER_VALUES // (8 * len(self._planes[0].values)), 1)
        for start in range(0, len(cells), step):
            part = cells[start : start + step]
            inside = (of_voxel >= start) & (of_voxel < start + step)
            found += self._by_count(part, low, high, voxels[inside], of_voxel[inside] - start)
        return found

    def _by_count(
        self, cells: Tensor, low: Tensor, high: Tensor, voxels: Tensor, of_voxel: Tensor
    ) -> Iterator[_Rivals]:
        columns = self._planes[0].winner.shape[1]
        corners = self._corners(cells, columns)
        can_win = _not_below(corners, low.flatten()[cells], self._rounding)
        can_win &= _not_below(corners, high.flatten()[cells], self._rounding)
        counts = can_win.sum(dim=0)
        counts_of_voxels = counts[of_voxel]
        for count in torch.unique(counts).tolist():
            chosen = (counts == count).nonzero().flatten()
            channels = can_win[:, chosen].T.nonzero()[:, 1].view(-1, count)
            place = torch.empty_like(counts)
            place[chosen] = torch.arange(len(chosen), device=place.device)
            of_group = counts_of_voxels == count
            values = corners[:, :, channels.T, chosen]
            yield _Rivals(channels, values, voxels[of_group], place[of_voxel[of_group]], self._places)

    def _corners(self, cells: Tensor, columns: int) -> Tensor:
        """Return the logits at the corners of cells: (2 slices, 4 corners, channels, cells)."""
        rows = self._planes[0].winner.shape[0]
        wide = max(columns - 1, 1)
        first = cells // wide * columns + cells % wide
        right, down = int(columns > 1), columns * int(rows > 1)
        index = torch.cat([first, first + right, first + down, first + down + right])
        both = [plane.values.index_select(1, index).view(-1, 4, len(cells)).movedim(1, 0) for plane in self._planes]
        return torch.stack(both)


@dataclass(frozen=True, eq=False)
class _Rivals:
    """Cells in which the same number of channels can win, and the voxels in them.

    Attributes
    ----------
    channels
        (cells, rivals), increasing.
    values
        (2 slices, 4 corners, rivals, cells).
    voxels
        Index of each voxel in the flat image.
    of_voxel
        The cell of each voxel.
    """

    channels: Tensor
    values: Tensor
    voxels: Tensor
    of_voxel: Tensor
    places: _Places

    def winners(self, below: float, above: float) -> Tensor:
        """Return the winning channel of each voxel, by the same sums in the same order as `Taps.apply`."""
        wide = len(self.places.across.index)
        down = self.places.down.weight[self.voxels // wide].T
        across = self.places.across.weight[self.voxels % wide].T
        between = self.values[0] * below + self.values[1] * above
        upper_left, upper_right, lower_left, lower_right = between.index_select(2, self.of_voxel)
        left = upper_left * down[0] + lower_left * down[1]
        right = upper_right * down[0] + lower_right * down[1]
        _, best = (left * across[0] + right * across[1]).max(dim=0)
        return self.channels[self.of_voxel, best].to(torch.int16)


def _over_corners(lower: Tensor, upper: Tensor, pick: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Return for each cell what `pick` leaves of its eight corners."""
    picked = pick(lower, upper)
    picked = pick(picked[:-1], picked[1:]) if len(picked) > 1 else picked
    return pick(picked[:, :-1], picked[:, 1:]) if picked.shape[1] > 1 else picked


def _not_below(corners: Tensor, rival: Tensor, rounding: float) -> Tensor:
    """Return which channels are at some corner not clearly below a rival, (channels, cells)."""
    index = rival.long().expand(*corners.shape[:2], 1, -1)
    level = corners.gather(2, index) - rounding
    return (corners >= level).any(dim=0).any(dim=0)


class _Telling:
    """Tells which slices are final, once a slab."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._slices: list[int] = []

    def after(self, layer: Layer[Any]) -> None:
        self._slices += [number for number, _, _ in layer.slices]
        if layer.ends_slab and self._slices:
            self._told(min(self._slices), max(self._slices) + 1)
            self._slices = []
