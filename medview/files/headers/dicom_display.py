"""What a header says of how an image is to be shown.

PS3.3 C.11.2 (VOI LUT), C.7.5.1.1.2 (pixel padding), C.7.6.11 and C.7.6.15 (shutters), C.9.2 (overlay planes),
C.7.6.1.1.5 (lossy compression).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from medview.files.headers.dicom_colour import srgb_of
from medview.files.headers.dicom_values import Values
from medview.files.headers.remembered import remembered
from medview.study.changed import changed
from medview.study.display_facts import PLAIN, DisplayFacts, Shutter

_SYNTAX = "1.2.840.10008.1.2.4."
_ALWAYS_LOSSY = {
    _SYNTAX + end
    for end in ("50", "51", "52", "53", "54", "55", "56", "59", "60", "61", "62", "63", "64", "111")
}  # fmt: skip
_VIDEO = {_SYNTAX + str(number) for number in range(100, 109)}
_EITHER = {_SYNTAX + end for end in ("81", "91", "93", "112", "203")}  # the flag alone tells; without it, take care
_OVERLAY_ROWS = tuple(group << 16 | 0x0010 for group in range(0x6000, 0x6020, 2))
_MOST_CORNERS = 4096
_WHITE = 65535


def display_facts(values: Values, transfer_syntax_uid: str) -> DisplayFacts:
    """Return what an image says itself, or in functional groups that all its frames share."""
    return _with_syntax(_told(values), transfer_syntax_uid)


@remembered
def _told(values: Values) -> DisplayFacts:
    shared = values.item("SharedFunctionalGroupsSequence")
    voi, shutter = shared.item("FrameVOILUTSequence"), shared.item("FrameDisplayShutterSequence")
    names = values.texts("WindowCenterWidthExplanation") or voi.texts("WindowCenterWidthExplanation")
    ratios = values.numbers("LossyImageCompressionRatio")
    facts = DisplayFacts(
        window_names=names if any(names) else (),
        voi_lut_function=values.text("VOILUTFunction") or voi.text("VOILUTFunction") or "LINEAR",
        has_voi_lut=bool(values.items("VOILUTSequence")),
        padding=_padding(values),
        is_inverse=values.text("PresentationLUTShape") == "INVERSE",
        has_overlays=any(map(values.has, _OVERLAY_ROWS)),
        is_lossy=values.text("LossyImageCompression") == "01",
        is_said_lossless=values.text("LossyImageCompression") == "00",
        lossy_ratio=max(ratios) if ratios and max(ratios) > 1 else None,
        lossy_method="".join(values.texts("LossyImageCompressionMethod")[-1:]),
        shutter=shutter_of(values) or shutter_of(shutter),
    )
    return PLAIN if facts == PLAIN else facts


@lru_cache(maxsize=256)
def _with_syntax(facts: DisplayFacts, transfer_syntax_uid: str) -> DisplayFacts:
    """Return the facts with the loss that the transfer syntax itself tells of, whatever the header says."""
    is_lossy = transfer_syntax_uid in _ALWAYS_LOSSY or transfer_syntax_uid.removesuffix(".1") in _VIDEO
    if is_lossy or (transfer_syntax_uid in _EITHER and not facts.is_said_lossless):
        return changed(facts, is_lossy=True)
    return facts


def _padding(values: Values) -> tuple[int, int] | None:
    """Return the smallest and the largest stored value that means no image, None where none is given."""
    first, last = values.integer("PixelPaddingValue"), values.integer("PixelPaddingRangeLimit")
    if first is None:
        return None
    is_signed = values.integer("PixelRepresentation") == 1
    pair = [_as_stored(one, is_signed) for one in (first, first if last is None else last)]
    return min(pair), max(pair)


def _as_stored(value: int, is_signed: bool) -> int:
    """Return a padding value with the sign of the pixels, which its VR should follow and does not always."""
    if is_signed and value > 32767:
        return value - 65536
    return value + 65536 if not is_signed and -32768 <= value < 0 else value


def shutter_of(values: Values) -> Shutter | None:
    """Return the shutter of an image or a presentation state; None with none, or none that can be drawn."""
    shapes = {shape.upper() for shape in values.texts("ShutterShape")}
    shutter = Shutter(
        rectangle=_rectangle(values) if "RECTANGULAR" in shapes else None,
        circle=_circle(values) if "CIRCULAR" in shapes else None,
        polygon=_polygon(values) if "POLYGONAL" in shapes else (),
        overlay_group=(values.integer("ShutterOverlayGroup") or 0) if "BITMAP" in shapes else 0,
        grey=min(max((values.number("ShutterPresentationValue") or 0.0) / _WHITE, 0.0), 1.0),
        colour=srgb_of(values.numbers("ShutterPresentationColorCIELabValue")),
    )
    is_drawn = shutter.rectangle or shutter.circle or shutter.polygon or shutter.overlay_group
    return shutter if is_drawn else None


def _rectangle(values: Values) -> tuple[int, int, int, int] | None:
    keywords = ("ShutterUpperHorizontalEdge", "ShutterLeftVerticalEdge", "ShutterLowerHorizontalEdge",
                "ShutterRightVerticalEdge")  # fmt: skip
    edges = [values.integer(keyword) for keyword in keywords]
    if None in edges:
        return None
    top, left, bottom, right = (int(edge or 0) - 1 for edge in edges)
    return (top, left, bottom, right) if top <= bottom and left <= right else None


def _circle(values: Values) -> tuple[float, float, float] | None:
    centre, radius = values.numbers("CenterOfCircularShutter"), values.number("RadiusOfCircularShutter")
    if len(centre) != 2 or radius is None or radius <= 0:
        return None
    return centre[0] - 1, centre[1] - 1, radius


def _polygon(values: Values) -> tuple[tuple[float, float], ...]:
    numbers = values.numbers("VerticesOfThePolygonalShutter")
    corners = tuple((row - 1, column - 1) for row, column in list(pairwise(numbers))[::2])
    return corners if 3 <= len(corners) <= _MOST_CORNERS else ()
