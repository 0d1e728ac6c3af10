"""Colours as they are stored: CIELab scaled to 16 bits (PS3.3 C.10.7.1.1)."""

from __future__ import annotations


def srgb_of(stored: tuple[float, ...]) -> tuple[int, int, int] | None:
    """Return the nearest sRGB colour, 0 to 255, of a stored CIELab value; None where it is none."""
    if len(stored) != 3 or not all(0 <= value <= 65535 for value in stored):
        return None
    from highdicom.color import CIELabColor

    red, green, blue = CIELabColor.from_dicom_value([int(value) for value in stored]).to_rgb(clip=True)
    return int(red), int(green), int(blue)
