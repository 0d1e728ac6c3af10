"""What a header says of how an image is to be shown."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Shutter:
    """What of an image may be seen: Display Shutter (PS3.3 C.7.6.11), within every shape that is given.

    Points and edges count pixels from 0, their centres whole, as (row, column).

    Attributes
    ----------
    rectangle
        (first row, first column, last row, last column) that are seen.
    circle
        (row, column) of the centre, and the radius in pixels.
    polygon
        Corners.
    overlay_group
        Group of the overlay plane whose set pixels are hidden (C.7.6.15), 0 with none.
    grey
        0 (black) to 1 (white) of what is hidden, as it reaches the screen.
    colour
        Red, green, blue of what is hidden; None where only a grey is given.
    """

    rectangle: tuple[int, int, int, int] | None = None
    circle: tuple[float, float, float] | None = None
    polygon: tuple[Point, ...] = ()
    overlay_group: int = 0
    grey: float = 0.0
    colour: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class DisplayFacts:
    """How an image is to be shown, as far as it is the same for most images of a series.

    Attributes
    ----------
    window_names
        Window Center & Width Explanation (0028,1055), one for each window, "" where none is given.
    voi_lut_function
        (0028,1056), "LINEAR" where absent.
    has_voi_lut
        Whether there is a VOI LUT Sequence (0028,3010).
    padding
        Stored values between which a pixel is no part of the image: (0028,0120) and (0028,0121).
    is_inverse
        Whether Presentation LUT Shape (2050,0020) is INVERSE.
    has_overlays
        Whether there are overlay planes (60xx).
    is_lossy, is_said_lossless
        Whether the pixels have ever been compressed with loss, by what (0028,2110) says or the transfer syntax tells;
        whether (0028,2110) says that they have not.
    lossy_ratio, lossy_method
        By how much at most, None where nobody says, and by what (0028,2114).
    shutter
        Display Shutter, or None.
    """

    window_names: tuple[str, ...] = ()
    voi_lut_function: str = "LINEAR"
    has_voi_lut: bool = False
    padding: tuple[int, int] | None = None
    is_inverse: bool = False
    has_overlays: bool = False
    is_lossy: bool = False
    is_said_lossless: bool = False
    lossy_ratio: float | None = None
    lossy_method: str = ""
    shutter: Shutter | None = None


PLAIN = DisplayFacts()
