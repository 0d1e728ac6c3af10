"""Which picture follows which."""

from __future__ import annotations

import pytest

from medview.session.cine import Cine, PlayOrder


def played(cine: Cine, number: int, count: int, order: PlayOrder, steps: int, times: int) -> list[int]:
    found = []
    for _ in range(times):
        step = cine.following(number, steps, count, order)
        if step is None:
            break
        number, cine = step
        found.append(number)
    return found


def test_over_and_over() -> None:
    assert played(Cine(), 2, 4, "loop", 1, 6) == [3, 0, 1, 2, 3, 0]
    assert played(Cine(first=1, last=2), 2, 4, "loop", 1, 3) == [1, 2, 1]


def test_there_and_back_shows_each_end_once() -> None:
    assert played(Cine(), 1, 4, "swing", 1, 8) == [2, 3, 2, 1, 0, 1, 2, 3]
    assert played(Cine(), 0, 4, "swing", 2, 5) == [2, 2, 0, 2, 2]


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 7, 40])
def test_pictures_left_out_are_those_between(steps: int) -> None:
    """A slow machine shows every n-th picture of what a fast one shows."""
    for order in ("loop", "swing"):
        fast = played(Cine(first=1, last=8), 3, 12, order, 1, 12 * steps)
        assert played(Cine(first=1, last=8), 3, 12, order, steps, 12) == fast[steps - 1 :: steps]


def test_once_ends_on_the_last_picture_whatever_is_left_out() -> None:
    assert played(Cine(), 0, 5, "once", 3, 9) == [3, 4]
    assert Cine().following(4, 1, 5, "once") is None


def test_a_range_that_the_images_do_not_have_is_cut() -> None:
    assert Cine(first=7, last=9).range_of(5) == (4, 4)
    assert played(Cine(first=7, last=9), 0, 5, "loop", 1, 2) == [4, 4]
