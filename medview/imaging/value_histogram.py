"""How often each value occurs in a volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 400
_ENOUGH = 4_000_000  # voxels: a part of a larger volume tells as much
_PART = 500_000  # voxels counted between two looks at whether it is still wanted


@dataclass(frozen=True, eq=False)
class ValueHistogram:
    """Counts of values.

    Attributes
    ----------
    edges
        (n + 1) of the bins, in the volume's unit.
    counts
        (n) voxels.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def heights(self) -> NDArray[np.float64]:
        """The logarithm of the counts, 0 to 1: air would flatten all else."""
        logs = np.log1p(self.counts.astype(np.float64))
        heights: NDArray[np.float64] = logs / max(float(logs.max(initial=0.0)), 1e-9)
        return heights


def value_histogram(array: NDArray[Any]) -> ValueHistogram:
    """Return the histogram of a volume (slices, rows, columns); of a very large one every second, third ... voxel.

    >>> found = value_histogram(np.array([[[0, 0, 1, 3]]], dtype=np.int16))
    >>> int(found.counts.sum()), found.edges[[0, -1]].tolist()
    (4, [-0.5, 3.5])
    """
    step = max(1, round((array.size / _ENOUGH) ** (1 / 3)))
    part = array[::step, ::step, ::step]
    low, high = float(part.min()), float(part.max())
    if part.dtype.kind in "iu":
        width = max(1, int(np.ceil((high - low + 1) / _BINS)))  # whole values, so that no bin is emptier by chance
        edges = np.arange(low - 0.5, high + 0.5 + width, width)
    else:
        edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    for first in range(0, part.shape[0], max(1, _PART // max(part[0].size, 1))):
        some = part[first : first + max(1, _PART // max(part[0].size, 1))]
        counts += np.histogram(some, edges)[0]
    return ValueHistogram(edges, counts)
