"""What was made for a picture and did not change since the last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Kept(dict[str, tuple[tuple[object, ...], Any]]):
    """By name: what it was made of, and what was made."""

    def made(self, name: str, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        """Return what was made for the same key, or make it."""
        kept = self.get(name)
        if kept is None or kept[0] != key:
            kept = self[name] = (key, make())
        return kept[1]
