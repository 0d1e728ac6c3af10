"""A pixel's value as it is read."""

from __future__ import annotations

from medview.session.scene import PixelValue
from medview.study.volume import Volume


def value_text(volume: Volume, value: PixelValue) -> str:
    """Return a value with its unit, a colour as its parts, a PET value with its SUV beside it.

    "-12 HU", "R 255  G 0  B 12", "5120 Bq/ml  SUVbw 2.41 g/ml".
    """
    if isinstance(value, tuple):
        return "R {}  G {}  B {}".format(*value)
    text = f"{number_text(value)} {volume.unit}".strip()
    factor = dict(volume.series.suv_factors).get("bw")
    return text if factor is None else f"{text}  SUVbw {value * factor:.2f} g/ml"


def number_text(value: float) -> str:
    """Return a value with as many digits as tell something: whole numbers from 100 on."""
    return f"{value:.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:.4g}"
