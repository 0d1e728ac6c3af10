"""How far a volume that is on the screen already has been read."""

from __future__ import annotations

from typing import Literal

import numpy as np
from psygnal import Signal

State = Literal["reading", "stopped"]


class Loading:
    """Which slices of a volume are there, and which is wanted next.

    The reading thread writes `mark` and reads `wanted`; the main thread reads the one and writes the other. Both are
    single values, and a slice is marked after its last pixel, so that no lock is needed.

    Attributes
    ----------
    is_read
        bool (slices,): whether all pixels of a slice are in the array.
    wanted
        Index of the slice that is looked at: it and its neighbours are read first.
    state
        "stopped" where the rest will never come: the reading was cancelled, or a slice is damaged.
    """

    changed = Signal()

    def __init__(self, slice_count: int, *, is_recording: bool = False) -> None:
        self.is_read = np.zeros(slice_count, dtype=np.bool_)
        self.wanted = 0 if is_recording else middle(slice_count)
        self.state: State = "reading"

    def mark(self, index: int) -> None:
        """Note that a slice is there."""
        self.is_read[index] = True

    @property
    def count(self) -> int:
        """Number of slices that are there."""
        return int(np.count_nonzero(self.is_read))

    @property
    def total(self) -> int:
        """Number of slices there will be."""
        return int(self.is_read.size)

    def stop(self) -> None:
        """Note that the rest will not come."""
        self.state = "stopped"
        self.changed.emit()


def middle(slice_count: int) -> int:
    """Return the slice that a volume is opened at: the one at the middle of the grid. Recordings begin at the first."""
    return int(np.rint((slice_count - 1) / 2))
