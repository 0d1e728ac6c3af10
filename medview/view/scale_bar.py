"""A bar of a round length that fits a pane."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

_STEPS = {1: 10, 2: 4, 5: 5}  # how a length that begins with this digit is divided
_LEAST_STEP_PX = 4.0


@dataclass(frozen=True)
class ScaleBar:
    """Length of the bar in its unit and in device-independent pixels of the pane.

    `unit` is one of `medview.imaging.calibration.LengthUnit`.
    """

    length_mm: float
    length_px: float
    unit: str = "mm"

    @property
    def text(self) -> str:
        """The length with its unit: a number of mm, which is the same in every language."""
        return f"{self.length_mm:g} {self.unit}"

    @property
    def steps(self) -> int:
        """Into how many equal parts it is divided by its ticks: as many as can be told apart."""
        wanted = _STEPS[int(f"{self.length_mm:e}"[0])]
        fitting = (n for n in (wanted, 5, 2) if n <= wanted and self.length_px / n >= _LEAST_STEP_PX)
        return next(fitting, 1)


def scale_bar(px_per_mm: float, longest_px: float, unit: str = "mm") -> ScaleBar | None:
    """Return the longest bar of 1, 2 or 5 x 10^n mm that is at most `longest_px`; None where no bar can be drawn.

    >>> scale_bar(2.0, 130.0)
    ScaleBar(length_mm=50.0, length_px=100.0, unit='mm')
    >>> scale_bar(2.0, 130.0).steps
    5
    """
    longest_mm = longest_px / px_per_mm if px_per_mm > 0 else 0.0
    if not 1e-6 < longest_mm < 1e6:
        return None
    power = 10.0 ** floor(log10(longest_mm) + 1e-9)
    length_mm = max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest_mm * (1 + 1e-9))
    return ScaleBar(length_mm, length_mm * px_per_mm, unit)
