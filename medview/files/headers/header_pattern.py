"""What the headers of one series have in common, so that the next one is compared instead of taken apart.

From file to file few elements change. A pattern keeps the bytes between them: where a file has the same there, its
elements are the same, and only those that change are read. Whatever fits no pattern is walked over as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from medview.files.headers.header_scanner import Cells, Unusual, as_stored, element_end, is_long

CHANGES = object()
_SERIES = as_stored(0x0020000E)
_SYNTAX = as_stored(0x00020010)
_META_SOP = as_stored(0x00020003)
_USUAL = frozenset(map(as_stored, (0x00080018, 0x00200013, 0x00200032)))  # SOP instance, number, position
_MOST_PATTERNS = 12
_SHORT, _LONG = 0, 1  # what follows the constant bytes of a part: a length of two bytes, or of four

_Part = tuple[bytes, int, int, int, bool]
"""(bytes up to the length field of an element that changes, how many, its tag, the length's kind, is file meta)."""


class Pattern:
    """One header, and which of its elements change from file to file.

    Attributes
    ----------
    transfer_syntax_uid
        The same for all files of the pattern.
    results
        What functions of elements that do not change have returned, and which elements they have read: the same for
        every file of the pattern. `CHANGES` where one of them does change.
    earlier
        A pattern whose results are taken over where they hold.
    """

    def __init__(
        self,
        header: Header,
        changing: frozenset[int],
        changing_meta: frozenset[int],
        earlier: Pattern | None = None,
    ) -> None:
        self.header = header
        self.changing = changing
        self.changing_meta = changing_meta
        self.transfer_syntax_uid = header.transfer_syntax_uid
        self.results: dict[Callable[..., Any], tuple[Any, frozenset[int]]] = {}
        if earlier is not None:
            self._take_over(earlier)
        self._parts: list[_Part] = []
        start = 0
        for tag, cell, position, is_meta in header.elements():
            if tag in (changing_meta if is_meta else changing):
                implicit = header.implicit and not is_meta
                is_wide = implicit or is_long(cell)
                end = position + 4 + (0 if implicit else 4 if is_wide else 2)
                self._parts.append((header.data[start:end], end - start, tag, _LONG if is_wide else _SHORT, is_meta))
                start = position + 4 + len(cell)
        self._tail = header.data[start : header.end + (4 if header.implicit else 8)]

    def _take_over(self, earlier: Pattern) -> None:
        """Keep the results of functions that would read the same again, and which functions must be called anew."""
        cells, other = self.header.cells, earlier.header.cells
        for make, (result, read) in earlier.results.copy().items():  # another thread may be adding to them
            if read & self.changing:
                self.results[make] = CHANGES, read
            elif result is not CHANGES and all(cells.get(tag) == other.get(tag) for tag in read):
                self.results[make] = result, read

    def match(self, data: bytes) -> Header | None:
        """Return the header that `data` begins with; None where it is not of this pattern.

        Raises
        ------
        IndexError
            `data` ends within it. Unusual where it is damaged.
        """
        position, start = 0, self.header.start
        meta, cells = self.header.meta.copy(), self.header.cells.copy()
        implicit = self.header.implicit
        starts = data.startswith
        for constant, size, tag, kind, is_meta in self._parts:
            if not starts(constant, position):
                return None
            position += size
            if kind == _SHORT:
                end = position + 2 + (data[position] | data[position + 1] << 8)
                cell = data[position - 2 : end]
            else:
                is_implicit = implicit and not is_meta
                end = element_end(data, position, is_implicit)
                cell = data[position - (0 if is_implicit else 4) : end]
            if is_meta:
                start += len(cell) - len(meta[tag])
                meta[tag] = cell
            else:
                cells[tag] = cell
            position = end
        if not starts(self._tail, position):
            return None
        end = position + len(self._tail) - (4 if implicit else 8)
        return Header(data, meta, cells, start, end, implicit, self) if end + 12 <= len(data) else None


class Header:
    """A scanned header: its elements, and where the dataset (`start`) and its pixel data (`end`) begin.

    `pattern` is what it has in common with others, None where nothing is known of that.
    """

    __slots__ = ("cells", "data", "end", "implicit", "meta", "pattern", "start")

    def __init__(
        self,
        data: bytes,
        meta: Cells,
        cells: Cells,
        start: int,
        end: int,
        implicit: bool,
        pattern: Pattern | None = None,
    ) -> None:
        self.data = data
        self.meta = meta
        self.cells = cells
        self.start = start
        self.end = end
        self.implicit = implicit
        self.pattern = pattern

    def elements(self) -> Iterator[tuple[int, bytes, int, bool]]:
        """Yield (tag, cell, position, whether it is of the file meta information) in the file's order."""
        position = 132
        for cells, is_meta in ((self.meta, True), (self.cells, False)):
            for tag, cell in cells.items():
                yield tag, cell, position, is_meta
                position += 4 + len(cell)

    @property
    def transfer_syntax_uid(self) -> str:
        """Return what the file meta information says (PS3.10 7.1), "" where it is silent."""
        return self.meta.get(_SYNTAX, b"")[4:].decode("latin-1").strip(" \0")

    def is_whole(self) -> bool:
        """Whether the elements lie one behind the other as they are kept; a repeated one does not."""
        return 132 + sum(4 + len(cell) for cells in (self.meta, self.cells) for cell in cells.values()) == self.end


class Patterns:
    """The patterns of the headers that were read last, the latest first."""

    def __init__(self) -> None:
        self._patterns: tuple[Pattern, ...] = ()

    def match(self, data: bytes) -> Header | None:
        """Return the header that `data` begins with, where it is of a known pattern."""
        for number, pattern in enumerate(self._patterns):
            try:
                found = pattern.match(data)
            except (IndexError, Unusual):  # it ends too early, or is damaged: the walk will tell
                continue
            if found is not None:
                if number:
                    self._put_first(pattern, pattern)
                return found
        return None

    def learn(self, header: Header) -> None:
        """Compare a header that fitted no pattern with those before it, and give it the pattern that comes of it.

        What has changed within one series is taken to change within the next one too, if that has the same elements.
        """
        if not header.is_whole():
            return
        alike = [pattern for pattern in self._patterns if _is_alike(pattern.header, header)]
        series = header.cells.get(_SERIES)
        same = next((pattern for pattern in alike if pattern.header.cells.get(_SERIES) == series), None)
        if same is not None:
            made = _widened(same, header)
        elif alike:
            made = Pattern(header, alike[0].changing, alike[0].changing_meta, alike[0])
        else:
            made = Pattern(header, _USUAL, frozenset((_META_SOP,)))
        self._put_first(made, same)
        header.pattern = made  # not the first of the patterns: another thread may have put its own there

    def _put_first(self, pattern: Pattern, instead_of: Pattern | None) -> None:
        others = tuple(p for p in self._patterns if p is not instead_of)
        self._patterns = (pattern, *others[: _MOST_PATTERNS - 1])


def _is_alike(one: Header, other: Header) -> bool:
    """Whether two headers have the same elements in the same order, and their pixels are stored alike."""
    return (
        one.implicit == other.implicit
        and one.meta.get(_SYNTAX) == other.meta.get(_SYNTAX)
        and list(one.cells) == list(other.cells)
        and list(one.meta) == list(other.meta)
    )


def _widened(pattern: Pattern, header: Header) -> Pattern:
    """Return a pattern in which what differs in one more header of the series may change, too."""
    return Pattern(
        header,
        pattern.changing | _differing(pattern.header.cells, header.cells),
        pattern.changing_meta | _differing(pattern.header.meta, header.meta),
        pattern,
    )


def _differing(one: Cells, other: Cells) -> frozenset[int]:
    return frozenset(tag for tag, cell in one.items() if other[tag] != cell)
