"""Colour maps: the standard's palettes against its tables, and what the own ones promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from medview.imaging.colour_maps import colour_map, colour_maps, colour_table

# ids of ours and the files in which pydicom ships the tables of PS3.6 B.1
STANDARD = {
    "hot_iron": "hotiron",
    "pet": "pet",
    "hot_metal_blue": "hotmetalblue",
    "pet_20_step": "pet20step",
    "spring": "spring",
    "summer": "summer",
    "fall": "fall",
    "winter": "winter",
}


def standard_table(name: str) -> NDArray[np.int64]:
    """Return the palette (256, 3) of a file of pydicom; the segmented ones are expanded by pydicom."""
    from pydicom.pixels.processing import apply_color_lut

    dataset = pydicom.dcmread(Path(pydicom.__file__).parent / "data" / "palettes" / f"{name}.dcm")
    table = apply_color_lut(np.arange(256, dtype=np.uint8), dataset)
    return (table >> 8 if table.dtype == np.uint16 else table).astype(np.int64)[:, :3]


@pytest.mark.parametrize("map_id", STANDARD)
def test_palettes_of_the_standard_are_met_within_a_level(map_id: str) -> None:
    difference = np.abs(colour_table(map_id).astype(np.int64) - standard_table(STANDARD[map_id]))
    assert difference.max() <= 1
    assert colour_map(map_id).source.startswith("PS3.6 B.1.")


def test_every_standard_palette_is_named_so_and_no_other() -> None:
    assert {m.id for m in colour_maps() if m.source != "own"} == set(STANDARD)


def test_tables_are_whole_and_ids_and_titles_are_there_once() -> None:
    assert len({m.id for m in colour_maps()}) == len({m.title for m in colour_maps()}) == len(colour_maps()) >= 12
    for found in colour_maps():
        levels = [stop[0] for stop in found.stops]
        assert levels == sorted(set(levels))
        assert levels[0] == 0
        assert colour_table(found.id).shape == (256, 3)


def lightness(table: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return CIE L* of sRGB colours (IEC 61966-2-1, CIE 15)."""
    part = table / 255.0
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    y = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(y > 216 / 24389, 116 * np.cbrt(y) - 16, y * 24389 / 27)


def test_even_lightness_rises_evenly() -> None:
    steps = np.diff(lightness(colour_table("perceptual"))[::15])
    assert steps.min() > 0.6 * steps.mean()
    assert steps.max() < 1.5 * steps.mean()


def test_cool_to_warm_is_brightest_and_colourless_in_the_middle() -> None:
    table = colour_table("cool_warm")
    assert int(np.argmax(lightness(table))) == pytest.approx(128, abs=2)
    assert np.ptp(table[128].astype(int)) <= 2
    assert table[0, 2] > table[0, 0] + 100
    assert table[255, 0] > table[255, 2] + 100


def test_grey_is_the_level_itself_and_inverted_is_turned_round() -> None:
    assert (colour_table("grey") == np.arange(256)[:, None]).all()
    assert (colour_table("grey_inverted") == 255 - np.arange(256)[:, None]).all()
    assert (colour_table("hot_iron", inverted=True) == colour_table("hot_iron")[::-1]).all()


def test_an_unknown_map_is_grey() -> None:
    assert colour_map("of another version").id == "grey"
