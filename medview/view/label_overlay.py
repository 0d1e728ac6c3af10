"""The mask as it is drawn over one slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.segmentation import Segment

_COLOURS = 255  # an 8-bit picture has 256 colours, the first of which is "nothing"


@dataclass(frozen=True, eq=False)
class LabelOverlay:
    """Colour numbers of the pixels of a slice, and the colours.

    Attributes
    ----------
    indices
        (height, width) uint8 in C order; 0 is nothing.
    colours
        (256, 4) uint8 RGBA, alpha not multiplied in; hidden segments and 0 have alpha 0.
    is_empty
        Whether it need not be drawn: no label lies in the slice, or all segments are hidden.
    """

    indices: NDArray[np.uint8]
    colours: NDArray[np.uint8]
    is_empty: bool

    def outlines(self) -> list[tuple[tuple[int, int, int], NDArray[np.float64]]]:
        """Return for each visible segment its colour (RGB) and its outer pixel edges, (n, 4) as x0, y0, x1, y1."""
        present = np.flatnonzero(np.bincount(self.indices.ravel(), minlength=256))
        visible = [int(n) for n in present if n and self.colours[n, 3]]
        return [(_rgb(self.colours[n]), _edges(self.indices == n)) for n in visible]


def _rgb(colour: NDArray[np.uint8]) -> tuple[int, int, int]:
    return int(colour[0]), int(colour[1]), int(colour[2])


def overlay(indices: NDArray[np.uint8], colours: NDArray[np.uint8]) -> LabelOverlay:
    """Return how a slice of colour numbers (height, width) is drawn in colours (256, 4)."""
    return LabelOverlay(indices, colours, not colours[:, 3].any() or not indices.any())


def colour_indices(labels: NDArray[Any], segments: tuple[Segment, ...]) -> NDArray[np.uint8]:
    """Return each label's place in the colour table, a copy in C order; labels without a segment are not drawn."""
    if labels.dtype == np.uint8 and all(segment.number == place for place, segment in enumerate(segments, start=1)):
        return np.array(labels, order="C")
    table = np.zeros(256 if labels.dtype == np.uint8 else 65536, dtype=np.uint8)
    for place, segment in enumerate(segments):
        table[segment.number] = 1 + place % _COLOURS
    return table.take(np.ascontiguousarray(labels))


def label_colours(segments: tuple[Segment, ...], hidden: frozenset[int], opacity: float) -> NDArray[np.uint8]:
    """Return (256, 4) RGBA in the order of the segments, after "nothing"."""
    colours = np.zeros((256, 4), dtype=np.uint8)
    alpha = round(255 * min(max(opacity, 0.0), 1.0))
    for place, segment in enumerate(segments[:_COLOURS], start=1):
        colours[place] = (*segment.colour, 0 if segment.number in hidden else alpha)
    return colours


def _edges(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the edges between mask and not mask, neighbouring ones on a line joined."""
    flat = _runs(mask)
    upright = _runs(mask.T)[:, [1, 0, 3, 2]]
    return np.concatenate([flat, upright])


def _runs(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the horizontal edges as x0, y, x1, y."""
    padded = np.pad(mask, ((1, 1), (0, 0)))
    edge = np.pad(padded[1:] != padded[:-1], ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(edge, axis=1)
    y, start = np.nonzero(change == 1)
    _, stop = np.nonzero(change == -1)
    return np.stack([start, y, stop, y], axis=1).astype(np.float64)
