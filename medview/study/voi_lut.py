"""A table that takes the place of a window: VOI LUT Sequence (PS3.3 C.11.2.1.1) and Presentation LUT (C.11.6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RISES = (0.02, 0.98)  # between these parts of the output a table is as good as a window


@dataclass(frozen=True, eq=False)
class VoiLut:
    """What modality values become on the screen.

    Attributes
    ----------
    first
        The value of the first entry; smaller values take it too, and larger than the last take the last.
    output
        (entries,) float32 from 0 (black) to 1 (white), read-only.
    name
        LUT Explanation (0028,3003), "" where absent.
    """

    first: float
    output: NDArray[np.float32]
    name: str = ""

    def __post_init__(self) -> None:
        output = np.array(self.output, dtype=np.float32)
        if output.ndim != 1 or not output.size:
            raise ValueError("a table has one axis and an entry")
        output.flags.writeable = False
        object.__setattr__(self, "output", output)

    @classmethod
    def of_entries(cls, first: float, entries: NDArray[np.uint16], bits: int, name: str = "") -> VoiLut:
        """Make a table of entries of a number of bits.

        Writers say 16 bits and fill 12, or say 8: a table that does not reach half of what it says, or goes beyond
        it, is taken at what it reaches.
        """
        most = int(entries.max())
        is_said = most < 1 << bits and 2 * most >= (1 << bits) - 1
        size = bits if is_said else max(most.bit_length(), 1)
        return cls(first, (entries / float((1 << size) - 1)).clip(0.0, 1.0).astype(np.float32), name)

    def applied(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the output, 0 to 1, of values of any shape; NaN is the first entry's."""
        index = np.clip(np.rint(np.nan_to_num(values, nan=self.first) - self.first), 0, len(self.output) - 1)
        found: NDArray[np.float64] = self.output[index.astype(np.int64)].astype(np.float64)
        return found

    @property
    def window(self) -> tuple[float, float]:
        """(Window Center, Window Width) that shows nearly the same: where a person begins who drags it."""
        low, high = (self.output.min() + part * np.ptp(self.output) for part in _RISES)
        inner = np.flatnonzero((self.output > low) & (self.output < high))
        if not inner.size:
            return self.first + len(self.output) / 2, float(max(len(self.output), 1))
        first, last = self.first + float(inner[0]), self.first + float(inner[-1])
        return (first + last + 1) / 2, max(last - first + 1, 1.0)
