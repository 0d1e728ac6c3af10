"""The map that a person has asked for beside a network's labels: the probability of a segment, or the uncertainty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.plugin.contract import Parameter
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.slab_values import Activation, ChosenProbability
from medview.plugin.engine.sliding_window import Slab
from medview.plugin.manifest.map_option import MAP_OPTION, NO_MAP, UNCERTAINTY
from medview.plugin.manifest.output_record import Output
from medview.study.finding import Concept, HeatMap
from medview.study.segmentation import Segment

_WHOLE = Sentence("All segments")


@dataclass(frozen=True, eq=False)
class WantedMap:
    """A map that is filled while the labels are made.

    Attributes
    ----------
    array
        uint8 (slices, rows, columns) of the images: 255 times the probability.
    segment
        Whose probability; None for the uncertainty.
    """

    chosen: ChosenProbability
    array: NDArray[np.uint8]
    segment: Segment | None

    @classmethod
    def of(cls, output: Output, parameters: Mapping[str, Parameter], shape: tuple[int, ...]) -> WantedMap | None:
        """Return the map that the run's parameters ask of an output, None where they ask for none."""
        wanted = str(parameters.get(MAP_OPTION, NO_MAP))
        if wanted == NO_MAP:
            return None
        is_softmax = output.activation == "softmax"
        activation: Activation = output.activation if output.interpolated == "logits" else "none"
        array = np.zeros(shape, dtype=np.uint8)
        if wanted == UNCERTAINTY:
            return cls(ChosenProbability(None, activation, is_exclusive=is_softmax), array, None)
        numbers = [record.number for record in output.segments]
        place = numbers.index(int(wanted))
        chosen = ChosenProbability(place + 1 if is_softmax else place, activation, is_exclusive=is_softmax)
        return cls(chosen, array, output.segments[place].segment())

    def beside(self, slabs: Iterable[Slab], grid: ModelGrid, box: tuple[slice, ...]) -> Iterator[Slab]:
        """Yield the same slabs and fill the map inside `box` of the images meanwhile."""
        return self.chosen.beside(slabs, grid, self.array[box])

    def answer(self) -> HeatMap:
        """Return the filled map."""
        if self.segment is None:
            return HeatMap(_WHOLE.template, self.array, "uncertainty")
        one = self.segment
        concept = Concept(f"segment_{one.number}", one.label, one.colour, one.category, one.type)
        return HeatMap(one.label, self.array, "probability", concept)
