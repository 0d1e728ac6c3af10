"""The dose at a point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medview.study.volume import Volume


def dose_at(dose: Volume, point_mm: NDArray[np.float64]) -> float | None:
    """Return the dose at an LPS point, interpolated linearly; None outside its grid."""
    if not dose.geometry.contains(point_mm):
        return None
    shape = np.array(dose.array.shape)
    index = np.clip(dose.geometry.to_index(point_mm), 0, shape - 1)
    low = np.minimum(index.astype(int), np.maximum(shape - 2, 0))
    rest = index - low
    total = 0.0
    for corner in np.ndindex(2, 2, 2):
        weight = float(np.prod(np.where(corner, rest, 1.0 - rest)))
        if weight:
            total += weight * float(dose.array[tuple(low + corner)])
    return total
