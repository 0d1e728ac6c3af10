"""Where texts go beside what they belong to, so that none lies on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import FloatArray

Box = tuple[float, float, float, float]  # left, top, width, height
_GAP = 8.0
_CLEAR = 2.0  # between a text and a line
_STEP = 5.0  # between the points strewn along a line: less than the height of a text
_MOST_STEPS = 400
_LINE_COST = 12.0  # pixels that a text goes farther rather than cover one of the points strewn along lines
_CELL = 4.0  # in which points are counted
_TAKEN_COST = 400.0  # and rather than cover what is written there


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
    """Return the box of each text, inside the pane, clear of each other, of the shapes' lines and of what is taken.

    What a person has placed stays there; the others go right of their shape, else left, below or above it, else as near
    as there is room. In a crowd they lie on lines rather than far away, then on what is taken, on each other never but
    where the pane is full.
    """
    fixed = [_within((*w.at, *w.size), pane_size) if w.at is not None else None for w in wishes]
    room = _Room([box for box in fixed if box is not None], tuple(taken), _strewn(wishes), pane_size)
    placed: list[Box] = []
    for wish, own in zip(wishes, fixed, strict=True):
        box = own
        if box is None and not wish.size[0]:
            box = (0.0, 0.0, 0.0, 0.0)  # nothing is written
        elif box is None:
            box = _free(wish, room)
            room.texts.append(box)
        placed.append(box)
    return tuple(placed)


@dataclass
class _Room:
    """What is there already: boxes of texts, other boxes, and points (n, 2) strewn along the lines of all shapes."""

    texts: list[Box]
    taken: tuple[Box, ...]
    strewn: FloatArray
    pane_size: tuple[float, float]

    def is_clear(self, box: Box) -> bool:
        """Whether nothing lies in a box."""
        if any(_overlap(box, other) for other in (*self.texts, *self.taken)):
            return False
        inside = (self.strewn > np.array(box[:2]) - _CLEAR) & (self.strewn < np.array(box[:2]) + box[2:] + _CLEAR)
        return not bool(inside.all(axis=1).any())

    def costs(self, boxes: FloatArray) -> FloatArray:
        """Return what it costs to write in boxes (n, 4): inf on another text, else by what would be covered."""
        taken, texts = (np.array(there).reshape(-1, 4) for there in (self.taken, self.texts))
        cost = _LINE_COST * self._on_lines(boxes) + _TAKEN_COST * _overlaps(boxes, taken).any(axis=1)
        cost[_overlaps(boxes, texts).any(axis=1)] = np.inf
        return cost

    def _on_lines(self, boxes: FloatArray) -> FloatArray:
        """Return how many of the points along lines lie in boxes (n, 4), to the next cell."""
        low = np.floor((boxes[:, :2] - _CLEAR) / _CELL).astype(int).clip(0)
        high = np.ceil((boxes[:, :2] + boxes[:, 2:] + _CLEAR) / _CELL).astype(int)
        high = np.minimum(high, np.array(self._sums.shape) - 1)
        (left, top), (right, bottom) = np.minimum(low, high).T, high.T
        sums = self._sums
        found: FloatArray = sums[right, bottom] - sums[left, bottom] - sums[right, top] + sums[left, top]
        return found

    @cached_property
    def _sums(self) -> FloatArray:
        """How many points lie above and left of each corner of the cells that the pane is divided into."""
        cells = [int(np.ceil(extent / _CELL)) for extent in self.pane_size]
        extent = [(0.0, count * _CELL) for count in cells]
        counts = np.histogram2d(self.strewn[:, 0], self.strewn[:, 1], bins=cells, range=extent)[0]
        return np.pad(counts, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)


def _strewn(wishes: Sequence[TextWish]) -> FloatArray:
    """Return points along the lines of all shapes, so near to each other that no text slips between them."""
    found = [np.empty((0, 2))]
    for line in (line for wish in wishes for line in wish.lines if len(line)):
        along = np.diff(line, axis=0)
        steps = np.ceil(np.linalg.norm(along, axis=1) / _STEP).clip(1, _MOST_STEPS).astype(int)
        segment = np.repeat(np.arange(len(steps)), steps)
        part = (np.arange(len(segment)) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[segment]
        found += [line[segment] + along[segment] * part[:, None], line[-1:]]
    return np.concatenate(found)


def seen_part(wish: TextWish, pane_size: tuple[float, float]) -> TextWish:
    """Return a wish whose points are those of its shape that lie in the pane; as it is where all do, or none.

    A long line in an image drawn large has its text beside what is seen of it.
    """
    if _in_pane(wish.points, pane_size).all():
        return wish
    there = np.concatenate([wish.points, _strewn([wish])])
    there = there[_in_pane(there, pane_size)]
    return replace(wish, points=there) if len(there) else wish


def _in_pane(points: FloatArray, pane_size: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray(((points >= 0.0) & (points <= np.array(pane_size))).all(axis=1))


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
    """Return the best place: near to the first that was wanted, and clear; that one where all is full of texts."""
    (x, y, width, height), pane_size = wanted[0], room.pane_size
    columns = {box[0] for box in wanted} | set(np.arange(2.0, pane_size[0] - width - 2.0, width / 2 + _GAP).tolist())
    rows = np.arange(2.0, max(pane_size[1] - height - 2.0, 3.0), max(height / 2.0, 4.0)).tolist()
    boxes = np.array([(left, top, width, height) for left in sorted(columns) for top in rows])
    costs = room.costs(boxes) + np.abs(boxes[:, :2] - (x, y)).sum(axis=1)
    best = int(np.argmin(costs))
    if not np.isfinite(costs[best]):
        return wanted[0]
    left, top = boxes[best, :2].tolist()
    return (left, top, width, height)


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


def _overlaps(boxes: FloatArray, others: FloatArray) -> NDArray[np.bool_]:
    """Return (n, m) which of n boxes lie on which of m others, as `_overlap`."""
    one, other = boxes[:, None], others[None]
    apart = (one[..., :2] >= other[..., :2] + other[..., 2:]) | (other[..., :2] >= one[..., :2] + one[..., 2:])
    return np.asarray(~apart.any(axis=2))
