"""How large the pixels of a screen are."""

from __future__ import annotations

from dataclasses import dataclass, replace

_NOMINAL_PX_PER_MM = 96.0 / 25.4  # what desktop systems call 100 %


@dataclass(frozen=True)
class DisplaySize:
    """What of a screen matters for how large an image is seen.

    Attributes
    ----------
    device_pixel_ratio
        Pixels of the screen for each device-independent pixel of a pane: 1.5 at a scale of 150 %.
    px_per_mm
        Device-independent pixels in a millimetre of the glass.
    is_calibrated
        Whether a person has measured that; else it is what the screen tells of itself, which may be wrong.
    """

    device_pixel_ratio: float = 1.0
    px_per_mm: float = _NOMINAL_PX_PER_MM
    is_calibrated: bool = False

    def in_units(self, unit_mm: float) -> DisplaySize:
        """Return the same screen measured in units of so many millimetres."""
        return replace(self, px_per_mm=self.px_per_mm * unit_mm)


PLAIN_DISPLAY = DisplaySize()


def pane_scale(
    fit: str, size_mm: tuple[float, float], pixel_mm: float, pane_size: tuple[int, int], display: DisplaySize
) -> float:
    """Return how many device-independent pixels show a unit of an image at a zoom of 1.

    Parameters
    ----------
    fit
        "whole", "width", "one_to_one" or "true_size" (`medview.session.viewport.Viewport`); with the last the unit is
        a millimetre.
    size_mm
        Width and height of the image, in the unit.
    pixel_mm
        Of the finer side of a pixel of the image, in the unit: at one to one none is left out.
    pane_size
        In device-independent pixels.

    Examples
    --------
    >>> pane_scale("one_to_one", (50.0, 50.0), 0.5, (400, 300), DisplaySize(device_pixel_ratio=2.0))
    1.0
    >>> pane_scale("whole", (50.0, 50.0), 0.5, (400, 300), PLAIN_DISPLAY)
    6.0
    """
    across, down = max(pane_size[0], 1) / size_mm[0], max(pane_size[1], 1) / size_mm[1]
    if fit == "one_to_one":
        return 1.0 / (pixel_mm * display.device_pixel_ratio)
    if fit == "true_size":
        return display.px_per_mm
    return across if fit == "width" else min(across, down)
