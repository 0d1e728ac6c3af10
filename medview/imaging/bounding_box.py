"""The smallest box that holds a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice] | None:
    """Return the smallest box (of slices, rows, columns) that holds every true voxel; None where there is none.

    >>> bounding_box(np.array([[[False, True], [False, True]]]))
    (slice(0, 1, None), slice(0, 2, None), slice(1, 2, None))
    """
    sides = []
    for axis in range(3):
        filled = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        if not filled.size:
            return None
        sides.append(slice(int(filled[0]), int(filled[-1]) + 1))
    return sides[0], sides[1], sides[2]
