"""What has been found by measuring: numbers with their units, and why others are not told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.imaging.value_statistics import Histogram

QuantityName = Literal[
    "length",
    "angle",
    "cobb",
    "long_axis",
    "short_axis",
    "product",
    "area",
    "perimeter",
    "mean",
    "sd",
    "minimum",
    "maximum",
    "median",
    "pixels",
    "value",
]
QUANTITY_TITLES: dict[QuantityName, Sentence] = {
    "length": Sentence("Length"),
    "angle": Sentence("Angle"),
    "cobb": Sentence("Cobb angle"),
    "long_axis": Sentence("Long axis"),
    "short_axis": Sentence("Short axis"),
    "product": Sentence("Product"),
    "area": Sentence("Area"),
    "perimeter": Sentence("Perimeter"),
    "mean": Sentence("Mean"),
    "sd": Sentence("SD"),
    "minimum": Sentence("Minimum"),
    "maximum": Sentence("Maximum"),
    "median": Sentence("Median"),
    "pixels": Sentence("Pixels"),
    "value": Sentence("Value"),
}
UNREAD = Sentence("The images here have not been read yet.")
_OF_VALUES = ("mean", "sd", "minimum", "maximum", "median", "value")


@dataclass(frozen=True)
class Quantity:
    """One number.

    Attributes
    ----------
    unit
        "mm", "mm Proj", "mm²", "px", "°", "HU", "SUVbw" ...; "" where the values are arbitrary or are counted.
    channel
        "R", "G" or "B" of colours, else "".
    """

    name: QuantityName
    value: float
    unit: str = ""
    channel: str = ""

    @property
    def title(self) -> Sentence:
        """What it is, in words."""
        return QUANTITY_TITLES[self.name]

    @property
    def number(self) -> str:
        """The number alone, with as many digits as mean something."""
        if self.name == "pixels":
            return f"{self.value:.0f}"
        return _value_text(self.value, self.unit) if self.name in _OF_VALUES else _fixed(self.value, 1)

    @property
    def text(self) -> str:
        """The number with its unit: "12.3 mm Proj", "45.0°"."""
        return f"{self.number}°" if self.unit == "°" else f"{self.number} {self.unit}".strip()


@dataclass(frozen=True, eq=False)
class Findings:
    """All numbers of one measurement.

    Attributes
    ----------
    refusals
        Why numbers that a person expects are not told.
    remarks
        What must be known to read the numbers: what a unit means, that values are interpolated.
    values
        The values inside a region, (n,) or of colours (n, 3), in `unit`; None of anything else.
    is_complete
        False while the pixels that lie under it have not been looked at: more may be told then.
    """

    quantities: tuple[Quantity, ...] = ()
    refusals: tuple[MedViewError, ...] = ()
    remarks: tuple[Sentence, ...] = ()
    values: NDArray[Any] | None = None
    unit: str = ""
    is_complete: bool = True

    def quantity(self, name: QuantityName, channel: str = "") -> Quantity | None:
        """Return a number by its name, None where it is not told."""
        return next((q for q in self.quantities if (q.name, q.channel) == (name, channel)), None)

    def histogram(self, bins: int = 64) -> Histogram | None:
        """Return how often the values inside occur; None without values."""
        return None if self.values is None else Histogram.of(self.values, bins)

    def joined(self, other: Findings) -> Findings:
        """Return what both found."""
        return replace(
            self,
            quantities=self.quantities + other.quantities,
            refusals=self.refusals + tuple(e for e in other.refusals if str(e) not in map(str, self.refusals)),
            remarks=tuple(dict.fromkeys(self.remarks + other.remarks)),
            values=self.values if other.values is None else other.values,
            unit=other.unit or self.unit,
            is_complete=self.is_complete and other.is_complete,
        )


def _value_text(value: float, unit: str) -> str:
    """Return a pixel value, or a mean of some: of HU tenths, of SUV hundredths, of others four digits."""
    if unit == "HU":
        return _fixed(value, 0 if float(value).is_integer() else 1)
    if unit.startswith("SUV"):
        return _fixed(value, 2)
    if float(value).is_integer() and abs(value) < 1e9:
        return _fixed(value, 0)
    return _fixed(value, 0) if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def _fixed(value: float, digits: int) -> str:
    """Return a number with so many decimals, and never "-0"."""
    return f"{round(value, digits) + 0.0:.{digits}f}"
