"""Which values along an axis make up a new one, with what weights: all interpolation of this room is this sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medview.plugin.engine.model_grid import AxisMap

Interpolation = Literal["linear", "area"]


@dataclass(frozen=True, eq=False)
class Taps:
    """For each new value along an axis, the old ones it is the weighted sum of.

    Attributes
    ----------
    index
        (new, taps), int64.
    weight
        (new, taps), float32, each row adding up to 1 but for rounding.
    """

    index: Tensor
    weight: Tensor

    def apply(self, values: Tensor, axis: int) -> Tensor:
        """Return `values` with `axis` interpolated.

        Products are added one tap after the other, each product and each sum rounded to float32 by itself: whoever
        repeats this for single voxels gets the same bits.
        """
        shape = [1] * values.ndim
        shape[axis] = -1
        total = values.index_select(axis, self.index[:, 0]) * self.weight[:, 0].view(shape)
        for tap in range(1, self.index.shape[1]):
            total += values.index_select(axis, self.index[:, tap]) * self.weight[:, tap].view(shape)
        return total

    def to(self, device: torch.device | str) -> Taps:
        """Return it on a device."""
        return Taps(self.index.to(device), self.weight.to(device))


def taps_in(axis: AxisMap, interpolation: Interpolation = "linear") -> Taps:
    """Return how the network's values are made of those of the images.

    "linear" takes the two neighbours (beyond the outer centres the outermost value); "area" the mean of all that a
    voxel of the network covers, which does not alias where it is the larger one, and is linear where it is not.
    """
    places = axis.start + axis.step * np.arange(axis.size)
    if interpolation == "area" and abs(axis.step) > 1.0:
        return _area(places, abs(axis.step), axis.source_size)
    return _linear(places, axis.source_size)


def taps_out(axis: AxisMap) -> Taps:
    """Return how values of the images' grid are made of the network's: two neighbours, clamped to its outer centres.

    The first tap is never the last voxel where there are two: first taps number the cells between voxels.
    """
    return _linear((np.arange(axis.source_size) - axis.start) / axis.step, axis.size)


def _linear(places: NDArray[np.floating[Any]], count: int) -> Taps:
    lower = np.clip(np.floor(places), 0, max(count - 2, 0))
    share = torch.from_numpy(np.clip(places - lower, 0.0, 1.0 if count > 1 else 0.0).astype(np.float32))
    upper = np.minimum(lower + 1, count - 1)
    index = torch.from_numpy(np.stack([lower, upper], axis=1).astype(np.int64))
    return Taps(index, torch.stack([1.0 - share, share], dim=1))


def _area(places: NDArray[np.floating[Any]], width: float, count: int) -> Taps:
    low, high = np.maximum(places - width / 2, -0.5), np.minimum(places + width / 2, count - 0.5)
    first = np.floor(low + 0.5)
    index = first[:, None] + np.arange(int(np.ceil(width)) + 1)
    covered = np.minimum(index + 0.5, high[:, None]) - np.maximum(index - 0.5, low[:, None])
    weight = np.clip(covered, 0.0, None)
    weight /= weight.sum(axis=1, keepdims=True)
    inside = np.clip(index, 0, count - 1).astype(np.int64)
    return Taps(torch.from_numpy(inside), torch.from_numpy(weight.astype(np.float32)))
