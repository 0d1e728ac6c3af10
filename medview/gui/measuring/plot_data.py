"""What a plot of a measurement shows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.gui.language import say, tr
from medview.imaging.findings import Findings
from medview.imaging.line_profile import LineProfile
from medview.imaging.time_curve import TimeCurve
from medview.view.value_text import number_text

_GREY = "#66b5f5"
_CHANNELS = (("R", "#ff6b62"), ("G", "#5fc46b"), ("B", "#66a6ff"))
_BINS = 64


@dataclass(frozen=True, eq=False)
class PlotCurve:
    """One line of a plot: `y` (n,) over the plot's `x`, NaN where there is nothing."""

    name: str
    colour: str
    y: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlotData:
    """Curves over one axis.

    Attributes
    ----------
    x
        (n,); of bars (n + 1,) their edges.
    x_title, y_title
        With their units, in the person's language.
    is_bars
        Whether each value stands for what lies between two edges.
    """

    x: NDArray[np.float64]
    x_title: str
    y_title: str
    curves: tuple[PlotCurve, ...]
    is_bars: bool = False

    def nearest(self, x: float) -> int:
        """Return the number of the value nearest to a place on the axis."""
        if self.is_bars:
            return int(np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, len(self.x) - 2))
        return int(np.argmin(np.abs(self.x - x)))

    def text_at(self, number: int) -> str:
        """Return a value as it is read: where on the axis, and how much of each curve."""
        place = number_text(float(round(self.x[number], 3)))
        if self.is_bars:
            place = f"{place} … {number_text(float(round(self.x[number + 1], 3)))}"
        values = [(curve.name, curve.y[number]) for curve in self.curves]
        told = "   ".join(f"{name} {number_text(float(y))}".strip() for name, y in values if np.isfinite(y))
        return f"{self.x_title}: {place}     {self.y_title}: {told or '–'}"

    def as_csv(self) -> str:
        """Return the values as a table; of bars the lower edge of each."""
        made = io.StringIO()
        table = csv.writer(made, lineterminator="\n")
        table.writerow([self.x_title, *(f"{self.y_title} {curve.name}".strip() for curve in self.curves)])
        for number in range(len(self.curves[0].y)) if self.curves else ():
            values = [curve.y[number] for curve in self.curves]
            table.writerow([f"{self.x[number]:.6g}", *(f"{y:.6g}" if np.isfinite(y) else "" for y in values)])
        return made.getvalue()


def histogram_plot(found: Findings) -> PlotData | None:
    """Return how often the values of a region occur, of colours those of each channel; None without values."""
    histogram = found.histogram(_BINS)
    if histogram is None:
        return None
    names = [("", _GREY)] if len(histogram.counts) == 1 else _CHANNELS
    rows = zip(names, histogram.counts, strict=True)
    curves = tuple(PlotCurve(name, colour, counts.astype(np.float64)) for (name, colour), counts in rows)
    return PlotData(histogram.edges, _titled(tr("Value"), found.unit), tr("Pixels"), curves, is_bars=True)


def profile_plot(profile: LineProfile) -> PlotData:
    """Return the values along a line."""
    parts = [("", _GREY, profile.values)] if profile.values.ndim == 1 else _by_channel(profile.values)
    curves = tuple(PlotCurve(name, colour, values.astype(np.float64)) for name, colour, values in parts)
    return PlotData(
        profile.distance,
        _titled(tr("Distance"), profile.distance_unit),
        _titled(tr("Value"), profile.value_unit),
        curves,
    )


def curve_plot(curve: TimeCurve) -> PlotData:
    """Return the mean of a region at each time, with its least and greatest value."""
    lines = (
        PlotCurve(tr("Mean"), _GREY, curve.mean),
        PlotCurve(tr("Minimum"), "#8d99a8", curve.minimum),
        PlotCurve(tr("Maximum"), "#8d99a8", curve.maximum),
    )
    title = _titled(say(curve.axis), curve.axis_unit)
    return PlotData(curve.places, title, _titled(tr("Value"), curve.value_unit), lines)


def _by_channel(values: NDArray[np.float64]) -> list[tuple[str, str, NDArray[np.float64]]]:
    return [(name, colour, values[:, n]) for n, (name, colour) in enumerate(_CHANNELS)]


def _titled(title: str, unit: str) -> str:
    return f"{title} [{unit}]" if unit else title
