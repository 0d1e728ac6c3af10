"""How long work tells how far it is, and learns that it is no longer wanted."""

from __future__ import annotations

from typing import Protocol


class Cancelled(BaseException):
    """The person asked the job to stop.

    Not an Exception, so that ``except Exception`` and ``except RuntimeError`` in model code cannot swallow it.
    """


class Progress(Protocol):
    """What a work function is given and calls often: several times a second, never more than a second apart."""

    def __call__(self, fraction: float, text: str = "") -> None:
        """Tell that `fraction` (0 to 1) is done and what is going on; raises Cancelled where the job is unwanted."""


def unheard(fraction: float, text: str = "") -> None:
    """Stand in for a progress that nobody watches and nobody cancels."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress that maps its own 0 to 1 onto `start` to `end` of `progress`."""

    def inner(fraction: float, text: str = "") -> None:
        progress(start + (end - start) * fraction, text)

    return inner
