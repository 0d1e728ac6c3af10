"""What a presentation state draws and writes on an image (PS3.3 C.10.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.files.headers.dicom_values import Values
from medview.study.annotation import Annotation, AnnotationKind
from medview.study.image_index import ImagePlace

_KINDS: dict[str, AnnotationKind] = {
    "POINT": "point",
    "POLYLINE": "polyline",
    "INTERPOLATED": "polyline",
    "CIRCLE": "ellipse",
    "ELLIPSE": "ellipse",
}
_STEPS = 16  # pieces between two points of an interpolated line


@dataclass(frozen=True)
class Area:
    """Displayed area: outer corners in columns and rows, (0, 0) the outer corner of the first pixel."""

    left: float
    top: float
    right: float
    bottom: float

    def is_whole(self, columns: int, rows: int) -> bool:
        """Whether it holds the whole image."""
        return self.left <= 0 and self.top <= 0 and self.right >= columns and self.bottom >= rows


def drawn(item: Values, place: ImagePlace, area: Area | None, facts: dict[str, Any]) -> Iterator[Annotation]:
    """Yield the graphics and texts of one item of the Graphic Annotation Sequence on an image.

    Points in units of the display are parts of the displayed area; where none is given they cannot be placed.
    """
    geometry = place.series.geometry
    uid = geometry.frame_of_reference_uid if geometry is not None else ""
    facts = facts | {"image": place.name, "series_key": place.series.key, "frame_of_reference_uid": uid}
    for graphic in item.items("GraphicObjectSequence"):
        kind = _KINDS.get(graphic.text("GraphicType"))
        numbers = graphic.numbers("GraphicData")
        if kind is None or not numbers or len(numbers) % 2:
            continue
        points = _pixels(np.array(numbers).reshape(-1, 2), graphic.text("GraphicAnnotationUnits"), area)
        if points is not None:
            yield from _graphic(kind, graphic, points, place, facts)
    for text in item.items("TextObjectSequence"):
        yield from _text(text, place, area, facts)


def _graphic(
    kind: AnnotationKind, graphic: Values, points: NDArray[np.float64], place: ImagePlace, facts: dict[str, Any]
) -> Iterator[Annotation]:
    if graphic.text("GraphicType") == "CIRCLE" and len(points) == 2:
        radius = float(np.linalg.norm(points[1] - points[0]))
        points = points[0] + radius * np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    if graphic.text("GraphicType") == "INTERPOLATED":
        points = _smooth(points)
    if kind == "polyline" and len(points) > 3 and np.array_equal(points[0], points[-1]):
        kind, points = "polygon", points[:-1]
    if kind != "ellipse" or len(points) == 4:
        yield Annotation(kind, place.to_mm(points), is_filled=graphic.text("GraphicFilled") == "Y", **facts)


def _text(text: Values, place: ImagePlace, area: Area | None, facts: dict[str, Any]) -> Iterator[Annotation]:
    """Yield a text at its anchor, else at the corner of its box, and a line from the box to the anchor."""
    words = text.text("UnformattedTextValue")
    anchor = _point(text, "AnchorPoint", "AnchorPointAnnotationUnits", area)
    corner = _point(text, "BoundingBoxTopLeftHandCorner", "BoundingBoxAnnotationUnits", area)
    at = corner if corner is not None else anchor
    if at is None or not words:
        return
    yield Annotation("text", place.to_mm(at), words, **facts)
    if corner is not None and anchor is not None and text.text("AnchorPointVisibility") == "Y":
        yield Annotation("polyline", place.to_mm(np.concatenate([corner, anchor])), **facts)


def _point(text: Values, keyword: str, units: str, area: Area | None) -> NDArray[np.float64] | None:
    numbers = text.numbers(keyword)
    return _pixels(np.array([numbers]), text.text(units), area) if len(numbers) == 2 else None


def _pixels(points: NDArray[np.float64], units: str, area: Area | None) -> NDArray[np.float64] | None:
    """Return points in columns and rows of the image."""
    if units != "DISPLAY":
        return points
    if area is None:
        return None
    corner, size = np.array([area.left, area.top]), np.array([area.right - area.left, area.bottom - area.top])
    placed: NDArray[np.float64] = corner + points * size
    return placed


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a line through points that bends evenly (Catmull-Rom): how is left to the viewer by the standard."""
    if len(points) < 3:
        return points
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0.0, 1.0, _STEPS, endpoint=False)[:, None]
    pieces = []
    for k in range(len(points) - 1):
        a, b, c, d = padded[k : k + 4]
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([*pieces, points[-1:]])
