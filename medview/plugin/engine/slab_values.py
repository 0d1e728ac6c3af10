"""What a network gives, interpolated to the grid of the images slab by slab: values, or how sure it is of them.

This is the long way that `slab_labels` spares; it is walked only for what needs every value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from numpy.typing import NDArray
from torch import Tensor

from medview.plugin.engine.layers import Layers
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.sliding_window import Slab
from medview.plugin.engine.taps import taps_out

Activation = Literal["softmax", "sigmoid", "none"]


@dataclass(frozen=True)
class ChosenProbability:
    """How sure a network says it is, on the images' grid: of one channel, or of anything but what it says.

    Attributes
    ----------
    channel
        Which; None for the uncertainty: with softmax 1 - the largest probability, and of regions, each of which is
        there or not, the largest of the smaller ones of p and 1 - p (at most a half, then).
    activation
        "softmax" over all channels, "sigmoid" of each, or "none" where the values are probabilities already.
    is_exclusive
        Whether the channels are alternatives, as with softmax; of regions each is by itself.
    """

    channel: int | None
    activation: Activation = "softmax"
    is_exclusive: bool = True

    def beside(self, slabs: Iterable[Slab], grid: ModelGrid, out: NDArray[Any]) -> Iterator[Slab]:
        """Yield the same slabs, so that labels can be made of them, too, and write the probability meanwhile.

        Logits are interpolated and not probabilities, so that where a class is the likeliest its label stands, too.

        Parameters
        ----------
        out
            uint8 (slices, rows, columns): 255 times the probability, rounded.
        """
        slices = _Slices(grid)
        for slab in slabs:
            for number, values in slices.of(self._needed(slab)):
                out[number] = (self._sure(values) * 255.0).round_().to(torch.uint8).cpu().numpy()
            yield slab

    def _sure(self, values: Tensor) -> Tensor:
        """Return the probability wanted of what `_needed` has left, (rows, columns)."""
        if self.activation == "softmax":
            values = values.softmax(dim=0)
        elif self.activation == "sigmoid":
            values = values.sigmoid()
        if self.channel is not None:
            return values[self.channel if len(values) > 1 else 0]
        if self.is_exclusive:
            return 1.0 - values.amax(dim=0)
        return torch.minimum(values, 1.0 - values).amax(dim=0)

    def _needed(self, slab: Slab) -> Slab:
        """Leave out channels that have no say."""
        if self.activation == "softmax" or self.channel is None:
            return slab
        return Slab(slab.first, slab.values[self.channel : self.channel + 1])


def slices_of(slabs: Iterable[Slab], grid: ModelGrid) -> Iterator[tuple[int, Tensor]]:
    """Yield every slice of the images' grid with its number and values, float32 (channels, rows, columns).

    Interpolated linearly, along slices, then rows, then columns. Beyond the outer centres of the network's grid its
    outermost values hold.
    """
    slices = _Slices(grid)
    for slab in slabs:
        yield from slices.of(slab)


class _Slices:
    """Makes slices of the images' grid of slabs as these come."""

    def __init__(self, grid: ModelGrid) -> None:
        along, self._down, self._across = (taps_out(axis) for axis in grid.maps)
        self._layers = Layers(along, _kept)

    def of(self, slab: Slab) -> Iterator[tuple[int, Tensor]]:
        down, across = self._down.to(slab.values.device), self._across.to(slab.values.device)
        for layer in self._layers.of(slab):
            for number, below, above in layer.slices:
                yield number, across.apply(down.apply(layer.lower * below + layer.upper * above, 1), 2)


def _kept(values: Tensor) -> Tensor:
    return values.to(torch.float32, copy=True, memory_format=torch.contiguous_format)
