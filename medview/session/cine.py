"""How images follow each other by themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

PlayOrder = Literal["loop", "swing", "once"]
ORDERS: tuple[PlayOrder, ...] = get_args(PlayOrder)
FPS_RANGE = (1.0, 60.0)


@dataclass(frozen=True)
class Cine:
    """How images are played.

    Attributes
    ----------
    fps
        Images a second; None as recorded, else as the settings say.
    order
        Over and over, there and back, or once; None as the settings say.
    first, last
        Numbers, from 0, between which it is played; `last` None is the last there is.
    step
        1 forwards, -1 on the way back.
    was_played
        Whether it has been played at all.
    """

    fps: float | None = None
    order: PlayOrder | None = None
    first: int = 0
    last: int | None = None
    step: Literal[1, -1] = 1
    was_played: bool = False

    def range_of(self, count: int) -> tuple[int, int]:
        """Return the first and the last number that is played of `count` images."""
        last = count - 1 if self.last is None else min(self.last, count - 1)
        return min(self.first, last), last

    def following(self, number: int, steps: int, count: int, order: PlayOrder) -> tuple[int, Cine] | None:
        """Return the image that follows after some steps, and which way it goes on; None where it has ended.

        An image outside the range is followed by the first one in it.

        Examples
        --------
        >>> Cine().following(8, 3, 10, "loop")[0], Cine().following(8, 3, 10, "swing")[0]
        (1, 7)
        >>> Cine().following(8, 1, 10, "once")[0], Cine().following(9, 1, 10, "once")
        (9, None)
        """
        first, last = self.range_of(count)
        length = last - first + 1
        place = number - first
        if not 0 <= place < length:
            return first, replace(self, step=1)
        if order == "loop":
            return first + (place + steps) % length, self
        if order == "once":
            return None if place == length - 1 else (first + min(place + steps, length - 1), self)
        return self._swung(first, place, steps, length)

    def _swung(self, first: int, place: int, steps: int, length: int) -> tuple[int, Cine]:
        """Return the image on a way there and back, as places on a circle of twice the length."""
        if length == 1:
            return first, self
        circle = 2 * (length - 1)
        at = ((place if self.step > 0 else circle - place) + steps) % circle
        if at < length - 1:
            return first + at, replace(self, step=1)
        return first + circle - at, replace(self, step=-1)
