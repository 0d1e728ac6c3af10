"""Where in a plugin.toml a key stands: the reader of TOML does not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TABLE = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
Place = tuple[str | int, ...]


class ManifestLines:
    """The lines of a manifest by what stands in them."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {}
        self._counts: dict[Place, int] = {}
        table: Place = ()
        for number, line in enumerate(text.splitlines(), start=1):
            opened, key = _TABLE.match(line), _KEY.match(line)
            if opened is not None:
                table = self._table(opened[2].split("."), is_array=opened[1] == "[[")
                self._lines.setdefault(table, number)
            elif key is not None:
                self._lines.setdefault((*table, key[1]), number)

    def line_of(self, place: Sequence[str | int]) -> int:
        """Return the line of a key, or of the nearest table around it."""
        for end in range(len(place), 0, -1):
            if tuple(place[:end]) in self._lines:
                return self._lines[tuple(place[:end])]
        return 1

    def _table(self, names: Sequence[str], *, is_array: bool) -> Place:
        """Return the place of a table that is opened: of arrays, the entry that is open."""
        place: Place = ()
        for depth, name in enumerate(names, start=1):
            place = (*place, name)
            if depth == len(names) and is_array:
                self._counts[place] = self._counts.get(place, -1) + 1
            if place in self._counts:
                place = (*place, self._counts[place])
        return place
