"""Contours are filled by the even-odd rule, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.measure import points_in_poly

from medview.imaging.contour_fill import contour_fill

SHAPE = (40, 50)


def inside(contour: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return what scikit-image says lies within a contour."""
    centres = np.stack(np.meshgrid(np.arange(SHAPE[0]), np.arange(SHAPE[1]), indexing="ij"), axis=-1)
    return np.asarray(points_in_poly(centres.reshape(-1, 2), contour)).reshape(SHAPE)


def circle(row: float, column: float, radius: float, count: int = 60) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False) + 0.013
    return np.stack([row + radius * np.sin(angle), column + radius * np.cos(angle)], axis=1)


@pytest.mark.parametrize("seed", range(6))
def test_ragged_contours_are_filled_as_scikit_image_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    contour = circle(20.3, 24.1, 1.0, 25) - (20.3, 24.1)
    contour = contour * random.uniform(4, 18, (25, 1)) + (20.3, 24.1)
    assert np.array_equal(contour_fill([contour], SHAPE), inside(contour))


def test_a_contour_within_another_is_a_hole_and_one_in_that_an_island() -> None:
    rings = [circle(20.2, 25.1, r) for r in (15.3, 9.2, 4.1)]
    expected = inside(rings[0]) ^ inside(rings[1]) ^ inside(rings[2])
    assert np.array_equal(contour_fill(rings, SHAPE), expected)
    assert not contour_fill(rings, SHAPE)[20, 32]
    assert contour_fill(rings, SHAPE)[20, 25]


def test_the_channel_of_a_keyhole_leaves_no_trace() -> None:
    outer, inner = circle(20.2, 25.1, 15.3), circle(20.2, 25.1, 7.2)[::-1]
    # from the outer ring into the inner one, round it and back the same way
    keyhole = np.concatenate([outer, outer[:1], inner[-1:], inner, inner[-1:], outer[:1]])
    assert np.array_equal(contour_fill([keyhole], SHAPE), inside(outer) ^ inside(inner))


def test_a_contour_beyond_the_image_is_cut_off() -> None:
    square = np.array([[-10.0, -10.0], [-10.0, 4.5], [99.0, 4.5], [99.0, -10.0]])
    filled = contour_fill([square], SHAPE)
    assert filled[:, :5].all()
    assert not filled[:, 5:].any()


def test_neighbours_share_no_pixel_and_leave_none_out() -> None:
    left = np.array([[0.0, 0.0], [0.0, 7.0], [10.0, 7.0], [10.0, 0.0]])
    right = left + (0.0, 7.0)
    one, other = contour_fill([left], SHAPE), contour_fill([right], SHAPE)
    assert not (one & other).any()
    assert int(one.sum()) == int(other.sum()) == 70
