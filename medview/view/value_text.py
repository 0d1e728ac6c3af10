"""A pixel's value as it is read."""

from __future__ import annotations

import numpy as np

from medview.session.scene import PixelValue
from medview.study.volume import Volume


def value_text(volume: Volume, value: PixelValue) -> str:
    """Return a value with its unit, a colour as its parts, a PET value by its SUV.

    "-12 HU", "R 255  G 0  B 12", "SUVbw 2.41 g/ml  (5120 Bq/ml)".
    """
    if isinstance(value, tuple):
        return "R {}  G {}  B {}".format(*value)
    text = f"{number_text(value)} {volume.unit}".strip()
    factor = dict(volume.series.suv_factors).get("bw")
    return text if factor is None else f"SUVbw {value * factor:.2f} g/ml  ({text})"


def number_text(value: float) -> str:
    """Return a value with as many digits as tell something: whole numbers from 100 on."""
    if float(value).is_integer() or abs(value) >= 100:
        nearest = np.copysign(np.floor(abs(value) + 0.5), value)  # a half as in the boxes where a window is typed
        return f"{nearest + 0.0:.0f}"
    return f"{value:.4g}"
