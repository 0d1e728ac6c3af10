"""Boxes around the places that a network calls likely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.finding import Concept, ScoredBox

_KEPT_BELOW = 0.5  # of the threshold: what a person sees who moves the slider down
_MOST = 500


def found_boxes(
    maps: NDArray[Any], concepts: Sequence[Concept], threshold: float, offset: tuple[float, float, float]
) -> tuple[ScoredBox, ...]:
    """Return a box around each connected place of a map, best score first.

    A place is where the map is above half the threshold, connected by faces, edges or corners; its score is its largest
    value. At most 500 are returned.

    Parameters
    ----------
    maps
        (classes, slices, rows, columns), 0 to 1.
    offset
        Index of the maps' first voxel in the images.
    """
    from scipy import ndimage

    found = list[ScoredBox]()
    for concept, values in zip(concepts, maps.astype(np.float32), strict=True):
        labels, _ = ndimage.label(values > threshold * _KEPT_BELOW, np.ones((3, 3, 3)))
        for number, box in enumerate(ndimage.find_objects(labels), start=1):
            score = float(values[box][labels[box] == number].max())
            low = tuple(side.start - 0.5 + start for side, start in zip(box, offset, strict=True))
            high = tuple(side.stop - 0.5 + start for side, start in zip(box, offset, strict=True))
            found.append(ScoredBox(concept, score, (low[0], low[1], low[2]), (high[0], high[1], high[2])))
    return tuple(sorted(found, key=lambda box: -box.score)[:_MOST])
