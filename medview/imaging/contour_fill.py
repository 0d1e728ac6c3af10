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
    turns = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    for contour in contours:
        following = np.roll(contour, -1, axis=0)
        for start, end in zip(contour.tolist(), following.tolist(), strict=True):
            _cross(turns, start, end)
    inside: NDArray[np.bool_] = np.cumsum(turns[:, :-1], axis=1) % 2 == 1
    return inside


def _cross(turns: NDArray[np.int32], start: Sequence[float], end: Sequence[float]) -> None:
    """Count an edge at the first centre to the right of it, in every row that it crosses."""
    if start[0] > end[0]:
        start, end = end, start  # both ways of a channel are computed alike, so that they cancel out exactly
    first, last = max(int(np.ceil(start[0])), 0), min(int(np.ceil(end[0])), turns.shape[0])
    if first >= last:
        return
    rows = np.arange(first, last)
    columns = start[1] + (rows - start[0]) * ((end[1] - start[1]) / (end[0] - start[0]))
    turns[rows, np.clip(np.ceil(columns), 0, turns.shape[1] - 1).astype(np.intp)] += 1
