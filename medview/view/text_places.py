"""Where texts go beside what they belong to, so that none lies on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medview.study.geometry import FloatArray

Box = tuple[float, float, float, float]  # left, top, width, height
_GAP = 8.0
_CLEAR = 2.0  # between a text and a line
_STEP = 5.0  # between the points strewn along a line: less than the height of a text
_MOST_STEPS = 400


@dataclass(frozen=True, eq=False)
class TextWish:
    """A text that wants a place.

    Attributes
    ----------
    size
        Its width and height.
    points
        (n, 2) the shape it belongs to.
    lines
        The lines of that shape, (m, 2) each: no text lies on them where there is room elsewhere.
    at
        Where a person has put its upper left corner, None for beside the shape.
    """

    size: tuple[float, float]
    points: FloatArray
    at: tuple[float, float] | None = None
    lines: tuple[FloatArray, ...] = ()


def text_places(
    wishes: Sequence[TextWish], pane_size: tuple[float, float], taken: Sequence[Box] = ()
) -> tuple[Box, ...]:
    """Return the box of each text, inside the pane, clear of each other, of the shapes' points and of what is taken.

    What a person has placed stays there; the others go right of their shape, else left, below or above it, else as near
    as there is room. Where there is none at all, they lie on what is there.
    """
    fixed = [_within((*w.at, *w.size), pane_size) if w.at is not None else None for w in wishes]
    room = _Room([*taken, *(box for box in fixed if box is not None)], _strewn(wishes), pane_size)
    placed: list[Box] = []
    for wish, own in zip(wishes, fixed, strict=True):
        box = own
        if box is None and not wish.size[0]:
            box = (0.0, 0.0, 0.0, 0.0)  # nothing is written
        elif box is None:
            box = _free(wish, room)
            room.taken.append(box)
        placed.append(box)
    return tuple(placed)


@dataclass
class _Room:
    """What is there already: boxes of texts, and points (n, 2) strewn along the lines of all shapes."""

    taken: list[Box]
    strewn: FloatArray
    pane_size: tuple[float, float]

    def is_clear(self, box: Box) -> bool:
        """Whether nothing lies in a box."""
        if any(_overlap(box, other) for other in self.taken):
            return False
        inside = (self.strewn > np.array(box[:2]) - _CLEAR) & (self.strewn < np.array(box[:2]) + box[2:] + _CLEAR)
        return not bool(inside.all(axis=1).any())


def _strewn(wishes: Sequence[TextWish]) -> FloatArray:
    """Return points along the lines of all shapes, so near to each other that no text slips between them."""
    found = [np.empty((0, 2))]
    for line in (line for wish in wishes for line in wish.lines if len(line)):
        steps = np.maximum(np.ceil(np.linalg.norm(np.diff(line, axis=0), axis=1) / _STEP), 1).astype(int)
        steps = np.minimum(steps, _MOST_STEPS)
        parts = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(line[:-1], line[1:], steps, strict=True)]
        found += [*parts, line[-1:]]
    return np.concatenate(found)


def leader(box: Box, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the ends of a line from a text to its shape: the nearest point of the box, and that of the shape."""
    low, high = np.array(box[:2]), np.array(box[:2]) + box[2:]
    on_box = np.clip(points, low, high)
    nearest = int(np.argmin(np.linalg.norm(points - on_box, axis=1)))
    return on_box[nearest], points[nearest]


def _free(wish: TextWish, room: _Room) -> Box:
    """Return the first place with room."""
    (width, height), (left, top), (right, bottom) = wish.size, wish.points.min(axis=0), wish.points.max(axis=0)
    middle = (top + bottom - height) / 2.0
    beside = [
        (right + _GAP, middle),
        (left - _GAP - width, middle),
        ((left + right - width) / 2.0, bottom + _GAP),
        ((left + right - width) / 2.0, top - _GAP - height),
    ]
    wanted = [_within((x, y, width, height), room.pane_size) for x, y in beside]
    own: Box = (left, top, right - left, bottom - top)
    found = next((box for box in wanted if not _overlap(box, own) and room.is_clear(box)), None)
    return found if found is not None else _nearest(wanted, room)


def _nearest(wanted: Sequence[Box], room: _Room) -> Box:
    """Return the free place nearest to the first that was wanted, in its columns or others; itself without any."""
    (x, y, width, height), pane_size = wanted[0], room.pane_size
    columns = {box[0] for box in wanted} | set(np.arange(2.0, pane_size[0] - width - 2.0, width / 2 + _GAP).tolist())
    rows = np.arange(2.0, max(pane_size[1] - height - 2.0, 3.0), max(height / 2.0, 4.0)).tolist()
    places = sorted(((left, top) for left in columns for top in rows), key=lambda p: abs(p[0] - x) + abs(p[1] - y))
    boxes = ((left, top, width, height) for left, top in places)
    return next((box for box in boxes if room.is_clear(box)), wanted[0])


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
