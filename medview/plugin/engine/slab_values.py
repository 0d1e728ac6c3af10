"""What a network gives, interpolated to the grid of the images slab by slab: values, or the probability of one class.

This is the long way that `slab_labels` spares; it is walked only for what needs every value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from numpy.typing import NDArray
from torch import Tensor

from medview.plugin.engine.layers import layers
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.sliding_window import Slab
from medview.plugin.engine.taps import taps_out

Activation = Literal["softmax", "sigmoid"]


@dataclass(frozen=True)
class ChosenProbability:
    """How sure a network says it is of one channel, on the images' grid.

    Attributes
    ----------
    channel
        Which.
    activation
        "softmax" over all channels, or "sigmoid" of the one.
    """

    channel: int
    activation: Activation = "softmax"

    def write(self, slabs: Iterable[Slab], grid: ModelGrid, out: NDArray[Any]) -> None:
        """Write 255 times the probability, rounded, into `out`, uint8 (slices, rows, columns).

        Logits are interpolated and not probabilities, so that where a class is the likeliest its label stands, too.
        """
        for number, values in slices_of(self._needed(slabs), grid):
            sure = values.softmax(dim=0)[self.channel] if self.activation == "softmax" else values[0].sigmoid()
            out[number] = (sure * 255.0).round_().to(torch.uint8).cpu().numpy()

    def _needed(self, slabs: Iterable[Slab]) -> Iterator[Slab]:
        """Leave out channels that have no say."""
        for slab in slabs:
            one = slice(self.channel, self.channel + 1)
            yield slab if self.activation == "softmax" else Slab(slab.first, slab.values[one])


def slices_of(slabs: Iterable[Slab], grid: ModelGrid) -> Iterator[tuple[int, Tensor]]:
    """Yield every slice of the images' grid with its number and values, float32 (channels, rows, columns).

    Interpolated linearly, along slices, then rows, then columns. Beyond the outer centres of the network's grid its
    outermost values hold.
    """
    along, down, across = (taps_out(axis) for axis in grid.maps)
    for layer in layers(slabs, along, _kept):
        there = layer.lower.device
        for number, below, above in layer.slices:
            between = layer.lower * below + layer.upper * above
            yield number, across.to(there).apply(down.to(there).apply(between, 1), 2)


def _kept(values: Tensor) -> Tensor:
    return values.to(torch.float32, copy=True, memory_format=torch.contiguous_format)
