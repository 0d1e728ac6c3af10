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


def layers(slabs: Iterable[Slab], taps: Taps, prepare: Callable[[Tensor], Plane]) -> Iterator[Layer[Plane]]:
    """Yield the layers of slabs in their order.

    Parameters
    ----------
    taps
        Of the first axis (`taps_out`).
    prepare
        Makes of a slice (channels, rows, columns), whose memory is used again, what is kept of it.
    """
    members: dict[int, list[tuple[int, float, float]]] = {}
    for number, (lower, _) in enumerate(taps.index.tolist()):
        members.setdefault(lower, []).append((number, float(taps.weight[number, 0]), float(taps.weight[number, 1])))
    alone = int(taps.index.max()) == 0
    before: Plane | None = None
    for slab in slabs:
        count = slab.values.shape[1]
        for offset in range(count):
            plane = prepare(slab.values[:, offset])
            lower = slab.first + offset - (0 if alone else 1)
            if alone or before is not None:
                slices = tuple(members.get(lower, ()))
                yield Layer(slices, plane if before is None else before, plane, offset == count - 1)
            before = plane
