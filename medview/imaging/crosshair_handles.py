"""Where the handles of a crosshair lie, by which planes are turned."""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

HANDLE_PX = 5.0  # radius of the circle
_PART = 0.36  # of the pane's shorter side: near the ends of the lines, clear of letters and texts
_MARGIN_PX = 14.0
_LEAST_PX = 36.0  # nearer to the middle it would be in the way


def handle_places(
    centre: NDArray[np.float64], direction: NDArray[np.float64], pane_size: tuple[int, int]
) -> tuple[NDArray[np.float64], ...]:
    """Return the pane points (x, y) of the handles on a line: one on each side of its middle, where there is room.

    Parameters
    ----------
    centre
        (x, y) of the crosshair in the pane.
    direction
        (x, y) along the line, of any length but 0.
    pane_size
        (width, height) in device-independent pixels.
    """
    unit = direction / np.linalg.norm(direction)
    places = []
    for way in (unit, -unit):
        reach = min(_PART * min(pane_size), _room(centre, way, pane_size))
        if reach >= _LEAST_PX:
            places.append(centre + reach * way)
    return tuple(places)


def _room(centre: NDArray[np.float64], way: NDArray[np.float64], pane_size: tuple[int, int]) -> float:
    """Return how far one can go from a point before the margin of the pane; negative outside it."""
    rooms = []
    for place, step, size in zip(centre.tolist(), way.tolist(), pane_size, strict=True):
        far = size - _MARGIN_PX - place if step > 0 else place - _MARGIN_PX
        rooms.append(far / abs(step) if abs(step) > 1e-9 else (-1.0 if far < 0 else inf))
    return float(min(rooms))
