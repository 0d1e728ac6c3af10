"""Mean, spread and order of values, and how often each occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 64
_COUNTED = (np.dtype(np.int8), np.dtype(np.uint8), np.dtype(np.int16), np.dtype(np.uint16))
_AT_ONCE = 2**20  # values that are counted at once: numpy widens them to eight bytes


@dataclass(frozen=True)
class ValueStatistics:
    """What values amount to.

    Attributes
    ----------
    sd
        Standard deviation of the values themselves (divided by their number, as numpy and most viewers do, not by one
        less).
    """

    count: int
    mean: float
    sd: float
    minimum: float
    maximum: float
    median: float

    @classmethod
    def of(cls, values: NDArray[Any]) -> ValueStatistics | None:
        """Return the statistics of values (n,), None where there are none.

        >>> ValueStatistics.of(np.array([1, 2, 3, 10])).median
        2.5
        """
        if not values.size:
            return None
        if values.dtype in _COUNTED:
            return cls._of_counts(*_counts(values))
        return cls(
            values.size,
            float(values.mean(dtype=np.float64)),
            float(values.std(dtype=np.float64)),
            float(values.min()),
            float(values.max()),
            float(np.median(values)),
        )

    @classmethod
    def _of_counts(cls, levels: NDArray[np.int64], counts: NDArray[np.int64]) -> ValueStatistics:
        """Return the statistics of whole numbers by how often each occurs."""
        total = int(counts.sum())
        mean = float(levels @ counts) / total
        spread = float(np.square(levels - mean) @ counts) / total
        middle = np.searchsorted(np.cumsum(counts), [(total - 1) // 2, total // 2], side="right")
        low, high = float(levels[0]), float(levels[-1])
        return cls(total, mean, float(np.sqrt(spread)), low, high, float(levels[middle].mean()))


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many values lie between neighbouring edges.

    Attributes
    ----------
    edges
        (n + 1,), rising; the last bin holds its upper edge.
    counts
        (channels, n): one row of grey values, three of colours.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[Any], bins: int = _BINS) -> Histogram | None:
        """Return the histogram of values (n,) or (n, channels) from the least to the largest; None where none are.

        Bins of whole numbers are whole numbers wide, so that no bin holds more of them than its neighbour by rounding
        alone.
        """
        if not values.size:
            return None
        low, high = float(values.min()), float(values.max())
        if values.dtype.kind in "iu":
            width = max(1, int(np.ceil((high - low + 1) / bins)))
            edges = np.arange(low - 0.5, high + width, width)
        else:
            edges = np.linspace(low, high if high > low else low + 1.0, bins + 1)
        return cls(edges, np.stack([_binned(part, edges) for part in values.reshape(len(values), -1).T]))


def _binned(values: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    if values.dtype in _COUNTED:
        levels, numbers = _counts(values)
        return np.histogram(levels, edges, weights=numbers)[0].astype(np.int64)
    return np.histogram(values, edges)[0].astype(np.int64)


def _counts(values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the values of a small integer type that occur, rising, and how often: exact, and faster than sorting."""
    kind = np.iinfo(values.dtype)
    bits = np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}")
    counts = np.zeros(kind.max - kind.min + 1, dtype=np.int64)
    for start in range(0, bits.size, _AT_ONCE):
        counts += np.bincount(bits[start : start + _AT_ONCE], minlength=counts.size)
    counts = np.roll(counts, -kind.min)  # negative numbers are counted behind the others
    found = np.flatnonzero(counts)
    return found + kind.min, counts[found]
