"""Order and regularity of slices."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.stack import places, regularity, slice_normal

Z = (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("orientation", "normal"),
    [((1, 0, 0, 0, 1, 0), (0, 0, 1)), ((1, 0, 0, 0, 0, -1), (0, 1, 0)), ((0, 1, 0, 0, 0, -1), (-1, 0, 0))],
)
def test_the_normal_is_rows_cross_columns(orientation: tuple[float, ...], normal: tuple[float, ...]) -> None:
    assert slice_normal(orientation).tolist() == list(normal)


def test_places_are_ordered_and_duplicates_grouped() -> None:
    assert places([(0, 0, 4), (0, 0, 2), (0, 0, 4.004), (9, 9, 0)], Z) == [[3], [1], [0, 2]]


def test_places_that_the_table_came_back_to_not_quite_exactly_are_one_place() -> None:
    heights = [3.0 * k + jitter for jitter in (0.0, 0.03, -0.02) for k in range(4)]
    assert places([(0, 0, z) for z in heights], Z) == [[8, 0, 4], [9, 1, 5], [10, 2, 6], [11, 3, 7]]


@pytest.mark.parametrize("step", [0.02, 0.05, 0.09])
def test_very_thin_slices_are_places_of_their_own(step: float) -> None:
    assert len(places([(0, 0, step * k) for k in range(8)], Z)) == 8
    assert len(places([(0, 0, step * k + 20 * (k > 3)) for k in range(8)], Z)) == 8


def test_an_exact_stack_is_exact() -> None:
    found = regularity([(0, 0, 2.5 * k) for k in range(5)], Z)
    assert (found.step, found.deviation_mm, found.is_exact, found.missing()) == ((0.0, 0.0, 2.5), 0.0, True, ())


def test_shear_is_regular() -> None:
    found = regularity([(0, 0.7 * k, 2.0 * k) for k in range(6)], Z)
    assert found.is_exact
    assert found.step == pytest.approx((0, 0.7, 2.0))


@pytest.mark.parametrize(
    ("heights", "missing"),
    [([0, 1, 2, 4, 5], ((2, 1),)), ([0, 3, 4, 5, 8, 9], ((0, 2), (3, 2))), ([0, 1, 2, 3.3, 4.3], ())],
)
def test_missing_slices_are_counted_where_whole_ones_are_missing(
    heights: list[float], missing: tuple[tuple[int, int], ...]
) -> None:
    found = regularity([(0, 0, z) for z in heights], Z)
    assert not found.is_regular
    assert found.missing() == missing


def test_rounding_is_regular_but_not_exact() -> None:
    heights = np.round(np.arange(20) * 1.25, 1)
    found = regularity([(0, 0, z) for z in heights], Z)
    assert found.is_regular
    assert not found.is_exact


def test_a_tenth_of_a_thin_slice_is_too_much() -> None:
    found = regularity([(0, 0, z) for z in (0, 0.3, 0.66, 0.9)], Z)
    assert not found.is_regular
