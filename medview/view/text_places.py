"""Where texts go beside what they belong to, so that none lies on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medview.study.geometry import FloatArray

Box = tuple[float, float, float, float]  # left, top, width, height
_GAP = 8.0


@dataclass(frozen=True, eq=False)
class TextWish:
    """A text that wants a place.

    Attributes
    ----------
    size
        Its width and height.
    points
        (n, 2) the shape it belongs to.
    at
        Where a person has put its upper left corner, None for beside the shape.
    """

    size: tuple[float, float]
    points: FloatArray
    at: tuple[float, float] | None = None


def text_places(
    wishes: Sequence[TextWish], pane_size: tuple[float, float], taken: Sequence[Box] = ()
) -> tuple[Box, ...]:
    """Return the box of each text, inside the pane, clear of each other, of the shapes' points and of what is taken.

    What a person has placed stays there; the others go right of their shape, else left, below or above it, else as near
    as there is room. Where there is none at all, they lie on what is there.
    """
    fixed = [_within((*w.at, *w.size), pane_size) if w.at is not None else None for w in wishes]
    occupied = [*taken, *(box for box in fixed if box is not None)]
    placed: list[Box] = []
    for wish, own in zip(wishes, fixed, strict=True):
        box = own
        if box is None:
            box = _free(wish, pane_size, occupied)
            occupied.append(box)
        placed.append(box)
    return tuple(placed)


def leader(box: Box, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the ends of a line from a text to its shape: the nearest point of the box, and that of the shape."""
    low, high = np.array(box[:2]), np.array(box[:2]) + box[2:]
    on_box = np.clip(points, low, high)
    nearest = int(np.argmin(np.linalg.norm(points - on_box, axis=1)))
    return on_box[nearest], points[nearest]


def _free(wish: TextWish, pane_size: tuple[float, float], occupied: Sequence[Box]) -> Box:
    """Return the first place with room."""
    (width, height), (left, top), (right, bottom) = wish.size, wish.points.min(axis=0), wish.points.max(axis=0)
    middle = (top + bottom - height) / 2.0
    beside = [
        (right + _GAP, middle),
        (left - _GAP - width, middle),
        ((left + right - width) / 2.0, bottom + _GAP),
        ((left + right - width) / 2.0, top - _GAP - height),
    ]
    wanted = [_within((x, y, width, height), pane_size) for x, y in beside]
    own: Box = (left, top, right - left, bottom - top)
    found = next((box for box in wanted if not any(_overlap(box, o) for o in (*occupied, own))), None)
    return found if found is not None else _nearest(wanted, pane_size, occupied)


def _nearest(wanted: Sequence[Box], pane_size: tuple[float, float], occupied: Sequence[Box]) -> Box:
    """Return the free place nearest to the first that was wanted, in its columns or others; itself without any."""
    x, y, width, height = wanted[0]
    columns = {box[0] for box in wanted} | set(np.arange(2.0, pane_size[0] - width - 2.0, width + _GAP).tolist())
    rows = np.arange(2.0, max(pane_size[1] - height - 2.0, 3.0), max(height / 2.0, 4.0)).tolist()
    places = sorted(((left, top) for left in columns for top in rows), key=lambda p: abs(p[0] - x) + abs(p[1] - y))
    boxes = ((left, top, width, height) for left, top in places)
    return next((box for box in boxes if not any(_overlap(box, other) for other in occupied)), wanted[0])


def _within(box: Box, pane_size: tuple[float, float]) -> Box:
    x, y, width, height = box
    return (
        min(max(x, 2.0), max(pane_size[0] - width - 2.0, 2.0)),
        min(max(y, 2.0), max(pane_size[1] - height - 2.0, 2.0)),
        width,
        height,
    )


def _overlap(one: Box, other: Box) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )
