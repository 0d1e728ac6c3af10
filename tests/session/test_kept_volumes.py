"""Neighbouring places of a 4-D series are kept while there is room, the nearest longest."""

from __future__ import annotations

import numpy as np

from medview.session.kept_volumes import KeptVolumes
from medview.study.geometry import Geometry
from medview.study.series import AxisPlace, Series
from medview.study.volume import Volume

GRID = Geometry((2, 4, 4), np.eye(4))
WINDOW = (1.0, 2.0)


def place(number: int, group: str = "g") -> Series:
    return Series(f"1.{number}", "1", geometry=GRID, axis=AxisPlace("time", "ms", number, 9, float(number), group))


def volume(series: Series) -> Volume:
    return Volume(np.zeros(GRID.shape, np.int16), GRID, series)  # 64 bytes


def test_the_farthest_place_goes_first() -> None:
    along = [place(number) for number in range(9)]
    kept = KeptVolumes(most_bytes=3 * 64)
    kept.follow([along[4]])
    for number in (0, 3, 4, 5):
        kept.keep(volume(along[number]), WINDOW, 4)
    assert [kept.find(series) is not None for series in along] == [n in (3, 4, 5) for n in range(9)]
    assert kept.next_to_read(along, 4) is None


def test_the_neighbours_are_read_ahead_the_following_one_first() -> None:
    along = [place(number) for number in range(9)]
    kept = KeptVolumes(most_bytes=4 * 64)
    kept.follow([along[4]])
    kept.keep(volume(along[4]), WINDOW, 4)
    asked = []
    while (series := kept.next_to_read(along, 4)) is not None:
        asked.append(along.index(series))
        kept.keep(volume(series), WINDOW, 4)
    assert asked == [5, 3, 6]


def test_another_series_forgets_them_all() -> None:
    first, other = place(0), place(0, "other")
    kept = KeptVolumes()
    kept.follow([first])
    kept.keep(volume(first), WINDOW, 0)
    kept.follow([place(1)])
    assert kept.find(first) is not None
    kept.follow([other])
    assert kept.find(first) is None
    kept.keep(volume(first), WINDOW, 0)  # read ahead, and late
    assert kept.find(first) is None
    kept.follow([])
    assert kept.next_to_read([], 0) is None
