"""Sums of diameters over dates, by hand."""

from __future__ import annotations

import pytest

from medview.imaging.findings import Findings, Quantity
from medview.imaging.follow_up import FollowUp, follow_up


def length(name: str, value: float, unit: str = "mm") -> tuple[str, Findings]:
    return name, Findings((Quantity("length", value, unit),))


def axes(name: str, long: float, short: float) -> tuple[str, Findings]:
    return name, Findings((Quantity("long_axis", long, "mm"), Quantity("short_axis", short, "mm")))


def diameters(found: FollowUp) -> dict[str, list[float | None]]:
    return {lesion.name: [d.value if d is not None else None for d in lesion.diameters] for lesion in found.lesions}


def test_sums_and_changes_are_those_of_the_lesions_of_the_first_date() -> None:
    found = follow_up(
        [
            [axes("Liver 1", 40, 20), length("Node", 20)],
            [length("liver  1 ", 20), axes("node", 10, 8), length("New lesion", 12)],
            [length("Liver 1", 26), length("Node", 13), length("New lesion", 15)],
        ]
    )
    assert diameters(found) == {"Liver 1": [40, 20, 26], "Node": [20, 10, 13], "New lesion": [None, 12, 15]}
    assert [s.text if s is not None else None for s in found.sums] == ["60.0 mm", "30.0 mm", "39.0 mm"]
    assert found.changes == (None, -50.0, -35.0)
    assert found.changes_from_least == (None, -50.0, pytest.approx(30.0))


def test_nothing_is_summed_where_a_lesion_is_missing_or_in_another_unit() -> None:
    found = follow_up(
        [
            [length("A", 40), length("B", 20)],
            [length("A", 30)],
            [length("A", 30), length("B", 20, "px")],
            [length("A", 30), length("B", 30)],
        ]
    )
    assert [s is None for s in found.sums] == [False, True, True, False]
    assert found.changes == (None, None, None, 0.0)
    assert found.changes_from_least == (None, None, None, 0.0)


def test_a_name_that_two_measurements_bear_tells_nothing() -> None:
    found = follow_up([[length("A", 40), length("A", 12)], [length("A", 30)]])
    (lesion,) = found.lesions
    assert lesion.is_doubtful == (True, False)
    assert diameters(found) == {"A": [None, 30]}
    assert found.sums[0] is None
    assert found.changes == (None, None)


def test_what_has_no_name_or_diameter_is_left_out() -> None:
    found = follow_up([[length("", 40), ("A", Findings((Quantity("angle", 20, "°"),))), length("  ", 3)]])
    assert found.lesions == ()
    assert found.sums == (None,)
    assert follow_up([]).sums == ()


def test_pixels_of_different_images_are_neither_summed_nor_compared() -> None:
    found = follow_up([[length("A", 40, "px")], [length("A", 20, "px")]])
    assert found.sums == (None, None)
    assert found.changes == (None, None)
    assert found.changes_from_least == (None, None)
