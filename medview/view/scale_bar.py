"""A bar of a round length that fits a pane."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10


@dataclass(frozen=True)
class ScaleBar:
    """Length of the bar in mm and in device-independent pixels of the pane."""

    length_mm: float
    length_px: float

    @property
    def text(self) -> str:
        """The length with its unit: a number of mm, which is the same in every language."""
        return f"{self.length_mm:g} mm"


def scale_bar(px_per_mm: float, longest_px: float) -> ScaleBar | None:
    """Return the longest bar of 1, 2 or 5 x 10^n mm that is at most `longest_px`; None where no bar can be drawn.

    >>> scale_bar(2.0, 130.0)
    ScaleBar(length_mm=50.0, length_px=100.0)
    """
    longest_mm = longest_px / px_per_mm if px_per_mm > 0 else 0.0
    if not 1e-6 < longest_mm < 1e6:
        return None
    power = 10.0 ** floor(log10(longest_mm) + 1e-9)
    length_mm = max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest_mm * (1 + 1e-9))
    return ScaleBar(length_mm, length_mm * px_per_mm)
