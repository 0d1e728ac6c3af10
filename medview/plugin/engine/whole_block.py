"""The channel that wins in a rectangle of an image, by interpolating all of them: where hardly a cell is sure.

Interpolating only what can win costs more than interpolating everything once most cells are mixed and most channels can
win in them. A block is small enough for the processor's cache, and its columns are interpolated with the axes turned,
so that whole runs of memory are copied and multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from medview.plugin.engine.taps import Taps

_ROWS, _COLUMNS = 32, 64  # cells of a block: of 25 channels about a megabyte


@dataclass(frozen=True, eq=False)
class WholeBlock:
    """A rectangle of cells of the network's grid, and the voxels of an image in them.

    Attributes
    ----------
    cells, corners, voxels
        Which rows and columns: of cells, of the network's voxels about them, of the image.
    down, across
        How the voxels of the image are made of the corners, counted from the first of these.
    """

    cells: tuple[slice, slice]
    corners: tuple[slice, slice]
    voxels: tuple[slice, slice]
    down: Taps
    across: Taps

    def winners(self, lower: Tensor, upper: Tensor, below: float, above: float) -> Tensor:
        """Return the winning channel of each voxel, int16 (rows, columns), by the sums that define it.

        Parameters
        ----------
        lower, upper
            The two slices of logits, (channels, rows, columns) of the whole.
        below, above
            Their weights.
        """
        rows, columns = self.corners
        between = lower[:, rows, columns] * below + upper[:, rows, columns] * above
        turned = self.down.apply(between, 1).permute(2, 0, 1).contiguous()
        _, winner = self.across.apply(turned, 0).max(dim=1)  # the first of several, at a third of the time of argmax
        return winner.T.to(torch.int16)


def whole_blocks(down: Taps, across: Taps) -> tuple[WholeBlock, ...]:
    """Return the blocks of a grid that hold voxels of the image, by its taps (`taps_out`) along rows and columns."""
    return tuple(
        WholeBlock((row[0], column[0]), (row[1], column[1]), (row[2], column[2]), row[3], column[3])
        for row in _parts(down, _ROWS)
        for column in _parts(across, _COLUMNS)
    )


def _parts(taps: Taps, count: int) -> Iterator[tuple[slice, slice, slice, Taps]]:
    """Yield cells, corners, voxels and taps of each part of an axis; taps may run either way, but without jumps."""
    first, last = taps.index[:, 0], int(taps.index.max())
    for low in range(0, max(last, 1), count):
        high = min(low + count, max(last, 1))
        inside = ((first >= low) & (first < high)).nonzero().flatten().tolist()
        if inside:
            voxels = slice(inside[0], inside[-1] + 1)
            part = Taps(taps.index[voxels] - low, taps.weight[voxels])
            yield slice(low, high), slice(low, min(high, last) + 1), voxels, part
