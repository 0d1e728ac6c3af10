"""A list of studies with a name: chosen one by one, or by a saved question."""

from __future__ import annotations

from dataclasses import dataclass

from medview.library.query import Query


@dataclass(frozen=True)
class Album:
    """An album. A smart one has a `query` and holds whatever answers it now; `count` is then counted when asked."""

    id: int
    name: str
    query: Query | None = None
    count: int = 0

    @property
    def is_smart(self) -> bool:
        """Whether a saved question says what is in it."""
        return self.query is not None
