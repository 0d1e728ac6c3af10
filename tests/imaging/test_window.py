"""The VOI window against the words of PS3.3 C.11.2, value by value."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medview.imaging.padding import padding_range
from medview.imaging.window import default_window, grey, percentile_window, voi_function
from medview.imaging.window_presets import window_presets
from medview.study.display_facts import DisplayFacts
from medview.study.geometry import Geometry
from medview.study.series import Instance, Series
from medview.study.volume import Volume


def standard(x: float, centre: float, width: float, function: str) -> float:
    """Follow the pseudo-code of PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2 with y from 0 to 255."""
    if function == "SIGMOID":
        return 255 / (1 + math.exp(-4 * (x - centre) / width))
    if function == "LINEAR_EXACT":
        if x <= centre - width / 2:
            return 0
        if x > centre + width / 2:
            return 255
        return ((x - centre) / width + 0.5) * 255
    if x <= centre - 0.5 - (width - 1) / 2:
        return 0
    if x > centre - 0.5 + (width - 1) / 2:
        return 255
    return ((x - (centre - 0.5)) / (width - 1) + 0.5) * 255


WINDOWS = [(40.0, 400.0), (-600.0, 1500.0), (40.5, 80.0), (0.0, 1.0), (100.0, 2.0), (32767.0, 65535.0), (-5.25, 3.5)]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("window", WINDOWS)
def test_every_int16_value_is_shown_as_the_standard_says(window: tuple[float, float], function: Any) -> None:
    values = np.arange(-32768, 32768, 7, dtype=np.int16)
    with np.errstate(over="ignore"):
        expected = []
        for x in values.tolist():
            try:
                expected.append(round(standard(x, *window, function)))
            except OverflowError:
                expected.append(0)
    assert np.array_equal(grey(values, window, function), np.array(expected, dtype=np.uint8))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_all_types_agree(dtype: Any) -> None:
    values = np.arange(0, 200, dtype=dtype).reshape(10, 20)
    expected = [[round(standard(float(x), 90, 100, "LINEAR")) for x in row] for row in values]
    assert np.array_equal(grey(values, (90, 100)), expected)


def test_a_view_of_a_turned_slice_is_read_in_its_own_order() -> None:
    volume = np.arange(-60, 60, dtype=np.int16).reshape(4, 5, 6)
    turned = volume[:, 2, :].T[::-1, ::-1]
    assert np.array_equal(grey(turned, (0, 100)), grey(np.ascontiguousarray(turned), (0, 100)))
    assert grey(turned, (0, 100)).flags.c_contiguous


def test_inversion_turns_the_result_round_once() -> None:
    values = np.arange(-100, 100, dtype=np.int16)
    assert np.array_equal(grey(values, (0, 50), inverted=True), 255 - grey(values, (0, 50)))


def test_values_that_are_no_numbers_are_dark() -> None:
    values = np.array([np.nan, -np.inf, np.inf, 5], dtype=np.float32)
    assert grey(values, (5, 10), "LINEAR_EXACT").tolist() == [0, 0, 255, 128]


def volume_of(values: Any, **facts: Any) -> Volume:
    array = np.asarray(values)
    array = array.reshape(1, 1, -1) if array.ndim == 1 else array
    unit = facts.pop("unit", "")
    return Volume(array, Geometry(array.shape, np.eye(4)), Series("1", "2", **facts), unit)


def test_the_file_s_first_window_is_the_default() -> None:
    volume = volume_of(np.arange(100, dtype=np.int16), windows=((40.0, 400.0), (300.0, 1500.0)))
    assert default_window(volume) == (40.0, 400.0)


def test_a_window_without_a_width_is_passed_over() -> None:
    volume = volume_of(np.arange(100, dtype=np.int16), windows=((10.0, 0.0), (50.0, 100.0)))
    assert default_window(volume) == (50.0, 100.0)


def test_the_window_of_a_noise_image_does_not_turn_an_mr_volume_white() -> None:
    values = np.concatenate([np.full(500, 10), np.linspace(200, 800, 500)]).astype(np.int16).reshape(2, 1, -1)
    assert default_window(volume_of(values, windows=((11.0, 22.0),), modality="MR"))[1] > 700
    # one image means the window that it comes with, and in Hounsfield units a narrow one may be meant
    assert default_window(volume_of(values.ravel(), windows=((11.0, 22.0),), modality="DX")) == (11.0, 22.0)
    assert default_window(volume_of(values, windows=((11.0, 22.0),), modality="CT", unit="HU")) == (11.0, 22.0)


def test_without_a_window_the_values_from_0_1_to_99_9_percent_are_shown() -> None:
    centre, width = percentile_window(volume_of(np.arange(10001, dtype=np.int16)))
    # LINEAR is black at its lower end and white at its upper
    assert (centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2) == (10, 9990)


def test_padding_does_not_count() -> None:
    values = np.concatenate([np.full(5000, -2000), np.arange(1001)]).astype(np.int16)
    padded = Instance(Path("x"), "2.25.1", display=DisplayFacts(padding=(-2000, -2000)))
    series = {"instances": (padded,)}
    assert padding_range(volume_of(values, **series).series) == (-2000, -2000)
    centre, width = percentile_window(volume_of(values, **series))
    assert (centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2) == (1, 999)


def test_small_float_values_get_a_window_that_is_not_shifted_by_half_a_unit() -> None:
    volume = volume_of(np.linspace(0, 1, 1001, dtype=np.float32))
    centre, width = default_window(volume)
    assert voi_function(volume) == "LINEAR_EXACT"
    assert (centre, width) == (pytest.approx(0.5, abs=1e-3), pytest.approx(0.998, abs=1e-3))


def test_an_image_of_one_value_has_a_window() -> None:
    assert default_window(volume_of(np.full(50, 7, dtype=np.int16)))[1] >= 1


def test_ct_has_presets_and_mr_has_none() -> None:
    presets = {preset.id: preset.window for preset in window_presets("CT")}
    assert presets["soft_tissue"] == (40, 400)
    assert presets["lung"] == (-600, 1500)
    assert presets["bone"] == (400, 2000)
    assert presets["stroke"] == (40, 40)
    assert window_presets("MR") == ()
