"""The brightness of colours: ultrasound is mostly stored in colours though it is grey."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LUMA = np.array([0.299, 0.587, 0.114])  # of red, green, blue (ITU-R BT.601, as Y of PS3.3 C.7.6.3.1.2)
_WEIGHTS = np.array([19595, 38470, 7471], dtype=np.uint32)  # the same in 65,536ths


def luma(colours: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the rounded luma (slices, rows, columns) of uint8 colours (slices, rows, columns, 3).

    Examples
    --------
    >>> luma(np.array([[[[255, 255, 255], [255, 0, 0]]]], dtype=np.uint8)).tolist()
    [[[255, 76]]]
    """
    grey = np.empty(colours.shape[:-1], dtype=np.uint8)
    for plane, of_colours in zip(grey, colours, strict=True):  # a frame at a time: whole sums take four times as much
        plane[...] = (of_colours @ _WEIGHTS + (1 << 15)) >> 16
    return grey
