"""What a run that goes on has found so far: seen, never edited, and gone when the run is over or stopped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medview.plugin.contract import Partial
from medview.study.segmentation import Segment
from medview.study.volume import Volume


class PartialLabels:
    """The finished slices of a segmentation on its way.

    Attributes
    ----------
    array
        uint8 or uint16 (slices, rows, columns); 0 also where nothing is finished yet.
    done
        Which slices are finished.
    revision
        Grows with every part.
    """

    def __init__(self, volume: Volume, plugin: str, segments: Sequence[Segment]) -> None:
        self.colours = {segment.number: segment.colour for segment in segments}
        is_small = max(self.colours, default=0) < 256
        self.array = np.zeros(volume.geometry.shape, dtype=np.uint8 if is_small else np.uint16)
        self.plugin = plugin
        self.done = np.zeros(volume.geometry.shape[0], dtype=np.bool_)
        self.revision = 0

    def take(self, partial: Partial) -> None:
        """Take finished slices; ValueError where they do not fit the images."""
        stop = partial.first_slice + len(partial.array)
        if partial.first_slice < 0 or stop > len(self.array) or partial.array.shape[1:] != self.array.shape[1:]:
            raise ValueError("the finished slices do not fit the images")
        self.array[partial.first_slice : stop] = partial.array
        self.done[partial.first_slice : stop] = True
        self.revision += 1

    @property
    def count(self) -> int:
        """How many slices are finished."""
        return int(self.done.sum())
