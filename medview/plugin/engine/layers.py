"""Slices of the network's grid in pairs, and the slices of the images that lie between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from torch import Tensor

from medview.plugin.engine.sliding_window import Slab
from medview.plugin.engine.taps import Taps

Plane = TypeVar("Plane")


@dataclass(frozen=True, eq=False)
class Layer(Generic[Plane]):
    """Two neighbouring slices of the network's grid (one and the same where there is only one).

    Attributes
    ----------
    slices
        The slices of the images that are made of these two, with the weights of the lower and the upper one.
    ends_slab
        Whether what follows is computed only after the next tiles.
    """

    slices: tuple[tuple[int, float, float], ...]
    lower: Plane
    upper: Plane
    ends_slab: bool


class Layers(Generic[Plane]):
    """Makes layers of slabs as these come, in their order.

    Parameters
    ----------
    taps
        Of the first axis (`taps_out`).
    prepare
        Makes of a slice (channels, rows, columns), whose memory is used again, what is kept of it.
    """

    def __init__(self, taps: Taps, prepare: Callable[[Tensor], Plane]) -> None:
        self._prepare = prepare
        self._members: dict[int, list[tuple[int, float, float]]] = {}
        for number, (lower, _) in enumerate(taps.index.tolist()):
            below, above = taps.weight[number].tolist()
            self._members.setdefault(lower, []).append((number, below, above))
        self._is_alone = int(taps.index.max()) == 0
        self._before: Plane | None = None

    def of(self, slab: Slab) -> Iterator[Layer[Plane]]:
        """Yield the layers that a slab completes."""
        count = slab.values.shape[1]
        for offset in range(count):
            plane = self._prepare(slab.values[:, offset])
            before = plane if self._is_alone else self._before
            if before is not None:
                lower = slab.first + offset - (0 if self._is_alone else 1)
                yield Layer(tuple(self._members.get(lower, ())), before, plane, offset == count - 1)
            self._before = plane


def layers(slabs: Iterable[Slab], taps: Taps, prepare: Callable[[Tensor], Plane]) -> Iterator[Layer[Plane]]:
    """Yield all layers of all slabs (see `Layers`)."""
    made = Layers(taps, prepare)
    for slab in slabs:
        yield from made.of(slab)
