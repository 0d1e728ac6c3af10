"""Real world values of what is on the screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from medview.study.annotation import ImageName
from medview.study.series import Instance
from medview.study.value_map import ValueMap, ValueMapping

IMAGE = Instance(Path("x"), "2.25.1", rescale_slope=0.1, rescale_intercept=-1024.3)
MAP = ValueMap("2.25.9", "map", {ImageName("2.25.1"): (ValueMapping("ADC", "um2/s", 0, 4095, 2.0, 5.0),)})


def test_every_stored_value_is_found_again_from_the_seven_digits_of_a_volume() -> None:
    stored = np.arange(4096)
    shown = (stored * 0.1 - 1024.3).astype(np.float32)
    found = [MAP.values_of(IMAGE, float(value)) for value in shown]
    assert [[real for real, _ in one] for one in found] == [[2.0 * n + 5.0] for n in stored.tolist()]
    assert MAP.values_of(IMAGE, float(np.float32(4096 * 0.1 - 1024.3))) == ()


def test_values_that_come_from_a_table_are_not_turned_back() -> None:
    assert MAP.values_of(replace(IMAGE, rescale_slope=1.0, rescale_intercept=0.0, has_modality_lut=True), 100.0) == ()
