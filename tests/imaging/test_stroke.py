"""The brush covers exactly the pixels within its radius in millimetres."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.stroke import stroke


@pytest.mark.parametrize("seed", range(8))
def test_a_stroke_covers_what_a_pixel_by_pixel_check_covers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start, end = rng.uniform(-3, 33, 2), rng.uniform(-3, 33, 2)
    pixel = rng.uniform(0.5, 3, 2)
    radius, size = float(rng.uniform(0.2, 9)), (30, 28)
    columns, rows, mask = stroke(tuple(start), tuple(end), radius, tuple(pixel), size)
    whole = np.zeros(size[::-1], bool)
    whole[rows, columns] = mask
    for y, x in np.ndindex(whole.shape):
        assert whole[y, x] == _covered(x, y, start, end, radius, pixel), (x, y)


def _covered(x: int, y: int, start: np.ndarray, end: np.ndarray, radius: float, pixel: np.ndarray) -> bool:
    if np.floor(end[0]) == x and np.floor(end[1]) == y:
        return True
    points = start + np.linspace(0, 1, 4001)[:, None] * (end - start)
    distance = np.hypot(*((points - (x + 0.5, y + 0.5)) * pixel).T).min()
    return bool(distance <= radius)


def test_a_brush_outside_the_picture_covers_nothing() -> None:
    columns, rows, mask = stroke((50, 50), (60, 60), 3, (1, 1), (10, 10))
    assert mask.size == 0
    assert columns.stop == columns.start or rows.stop == rows.start
