"""Mean, spread and order of values, and how often each occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 64


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
        exact = values.astype(np.float64)
        return cls(
            exact.size,
            float(exact.mean()),
            float(exact.std()),
            float(exact.min()),
            float(exact.max()),
            float(np.median(exact)),
        )


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many values lie between neighbouring edges.

    Attributes
    ----------
    edges
        (n + 1,), rising; the last bin holds its upper edge.
    counts
        (n,).
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[Any], bins: int = _BINS) -> Histogram | None:
        """Return the histogram of values (n,) from the least to the largest, None where there are none.

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
        counts, _ = np.histogram(values, edges)
        return cls(edges.astype(np.float64), counts.astype(np.int64))
