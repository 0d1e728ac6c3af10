"""One line of what the suite found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["passed", "failed", "does not apply"]


@dataclass(frozen=True)
class Row:
    """A test and how it ended; `said` tells what was measured, what is wrong, or why it does not apply."""

    name: str
    state: State
    said: str

    @classmethod
    def judged(cls, name: str, holds: bool, said: str) -> Row:
        """Return a row that has passed or failed."""
        return cls(name, "passed" if holds else "failed", said)
