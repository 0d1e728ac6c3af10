"""Closed contours turned into masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def contour_fill(contours: Sequence[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask (rows, columns) of what lies within an odd number of contours (the even-odd rule).

    A contour within another is a hole, a third in it an island; the two ways of a keyhole's channel cancel out.

    Parameters
    ----------
    contours
        (n, 2) each: row and column, in pixels; the centre of the first pixel is (0, 0). The last point is joined to
        the first.

    Examples
    --------
    >>> import numpy as np
    >>> contour_fill([np.array([[0.5, 0.5], [0.5, 2.5], [2.5, 2.5], [2.5, 0.5]])], (4, 4)).astype(int).tolist()
    [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    """
    # each crossing of an edge with a row of centres turns everything right of it inside out
    turns = np.zeros((shape[0], shape[1] + 1), dtype=np.uint8)  # whether their number is odd outlives an overflow
    for contour in contours:
        rows, columns = _crossings(contour, shape)
        np.add.at(turns, (rows, columns), 1)
    inside: NDArray[np.bool_] = np.cumsum(turns[:, :-1], axis=1, dtype=np.uint8) % 2 == 1
    return inside


def _crossings(contour: NDArray[np.float64], shape: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of the first centre to the right of each crossing of an edge with a row of centres."""
    start, end = contour, np.roll(contour, -1, axis=0)
    # both ways of a channel are computed alike, from above, so that they cancel out exactly
    turned = (start[:, 0] > end[:, 0])[:, None]
    start, end = np.where(turned, end, start), np.where(turned, start, end)
    first = np.clip(np.ceil(start[:, 0]), 0, shape[0]).astype(np.intp)
    last = np.clip(np.ceil(end[:, 0]), 0, shape[0]).astype(np.intp)
    count = np.maximum(last - first, 0)
    edge = np.repeat(np.arange(len(contour)), count)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    height = np.where(count > 0, end[:, 0] - start[:, 0], 1.0)
    slope = (end[:, 1] - start[:, 1]) / height
    columns = start[edge, 1] + (rows - start[edge, 0]) * slope[edge]
    return rows, np.clip(np.ceil(columns), 0, shape[1]).astype(np.intp)
