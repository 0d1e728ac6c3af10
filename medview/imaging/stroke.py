"""Which pixels a round brush covers on its way from one point to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stroke(
    start: tuple[float, float],
    end: tuple[float, float],
    radius_mm: float,
    pixel_mm: tuple[float, float],
    size: tuple[int, int],
) -> tuple[slice, slice, NDArray[np.bool_]]:
    """Return the pixels whose centres lie within a radius of a line.

    Parameters
    ----------
    start, end
        Picture points (x, y) in pixels; (0.5, 0.5) is the centre of the first pixel.
    radius_mm
        Of the brush. The pixel under the line is covered however small the radius is.
    pixel_mm
        Width and height of a pixel.
    size
        Width and height of the picture in pixels.

    Returns
    -------
    columns, rows, mask
        The box of the picture that the stroke touches (empty slices where it lies outside), and a bool array
        (rows, columns) of that box.

    Examples
    --------
    >>> stroke((2.5, 2.5), (2.5, 2.5), 1.0, (1.0, 1.0), (5, 5))[2].astype(int).tolist()
    [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    """
    columns = _extent(start[0], end[0], radius_mm / pixel_mm[0], size[0])
    rows = _extent(start[1], end[1], radius_mm / pixel_mm[1], size[1])
    x = (np.arange(columns.start, columns.stop) + 0.5 - start[0]) * pixel_mm[0]
    y = (np.arange(rows.start, rows.stop) + 0.5 - start[1])[:, None] * pixel_mm[1]
    line_x, line_y = (end[0] - start[0]) * pixel_mm[0], (end[1] - start[1]) * pixel_mm[1]
    length2 = line_x**2 + line_y**2
    along = np.clip((x * line_x + y * line_y) / length2, 0, 1) if length2 else np.zeros((1, 1))
    mask = (x - along * line_x) ** 2 + (y - along * line_y) ** 2 <= radius_mm**2 + 1e-9
    _cover_end(mask, end, columns, rows)
    return columns, rows, mask


def _extent(start: float, end: float, radius: float, size: int) -> slice:
    low = int(np.floor(min(start, end) - radius))
    high = int(np.ceil(max(start, end) + radius))
    low, high = min(max(low, 0), size), min(max(high, 0), size)
    return slice(low, max(low, high))


def _cover_end(mask: NDArray[np.bool_], end: tuple[float, float], columns: slice, rows: slice) -> None:
    """Mark the pixel under the mouse, so that a brush smaller than a pixel paints one."""
    column, row = int(np.floor(end[0])) - columns.start, int(np.floor(end[1])) - rows.start
    if 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]:
        mask[row, column] = True
