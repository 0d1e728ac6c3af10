"""One line of a header as a person reads it, and the lines below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from medview.errors import Sentence


@dataclass(eq=False, slots=True)
class TagRow:
    """An element of a dataset (PS3.5 7.1), or an item of a sequence.

    Attributes
    ----------
    tag
        Group and element in one number, 0x00100010 for Patient's Name.
    vr
        Value Representation (PS3.5 6.2), "" for an item.
    name, keyword
        As in PS3.6; of a private element as its maker's dictionary has it, the private creator in brackets before.
    text
        The value as text, several values joined by a backslash; of binary values the first bytes as hex.
    meaning
        What a unique identifier stands for ("CT Image Storage").
    length
        Of the value in bytes; None where it is not defined (a sequence that is closed by a mark).
    is_binary
        Whether `text` is only the beginning of bytes that mean nothing to a reader.
    is_cut
        Whether the value is longer than `text`.
    offset
        Of the value in the file (inflated where the file is deflated).
    number
        Of an item in its sequence, from 1; 0 for an element.
    other
        In a comparison: `text` of the same element in the other file, None where it has none.
    is_missing
        In a comparison: whether this file has no such element.
    differs
        In a comparison: whether the two differ here or below.
    """

    tag: int
    vr: str
    name: str = ""
    keyword: str = ""
    text: str = ""
    meaning: str = ""
    length: int | None = 0
    is_binary: bool = False
    is_cut: bool = False
    offset: int = 0
    number: int = 0
    other: str | None = None
    is_missing: bool = False
    differs: bool = False
    children: list[TagRow] = field(default_factory=list)
    parent: TagRow | None = None
    place: int = 0

    @property
    def is_item(self) -> bool:
        """Whether this is an item of a sequence."""
        return self.tag == 0xFFFEE000

    @property
    def label(self) -> str:
        """Return the tag as it is written: "(0010,0010)"."""
        return f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"

    @property
    def path(self) -> tuple[tuple[int, int], ...]:
        """Return (tag, number) from the top: the same element of another file has the same path."""
        steps: list[tuple[int, int]] = []
        row: TagRow | None = self
        while row is not None and row.parent is not None:
            steps.append((row.tag, row.number))
            row = row.parent
        return tuple(reversed(steps))

    def add(self, child: TagRow) -> None:
        """Add a row below this one."""
        child.parent, child.place = self, len(self.children)
        self.children.append(child)

    def walk(self) -> Iterator[TagRow]:
        """Yield every row below this one, parents before children, without recursion."""
        waiting = [iter(self.children)]
        while waiting:
            row = next(waiting[-1], None)
            if row is None:
                waiting.pop()
                continue
            yield row
            if row.children:
                waiting.append(iter(row.children))


@dataclass(frozen=True, eq=False)
class TagTree:
    """A whole header.

    Attributes
    ----------
    root
        Its children are the elements of the file meta information and of the dataset.
    count
        Number of rows.
    differences
        In a comparison: number of elements that differ.
    remarks
        What is odd about the file's make, each a sentence.
    is_inflated
        Whether the file is deflated, so that offsets of rows are not those of the file.
    """

    root: TagRow
    count: int
    differences: int = 0
    remarks: tuple[Sentence, ...] = ()
    is_inflated: bool = False


def chosen_rows(tree: TagTree, text: str, *, only_differences: bool, check: Callable[[], None]) -> TagTree:
    """Return the rows in which every word of `text` is found, with the rows above them and all rows below them.

    Words are looked for in tag ("0010,0010", "00100010"), VR, name, keyword and both values, without regard to case.
    `check` is called now and then and raises where the answer is no longer wanted.
    """
    words = text.casefold().replace("(", " ").replace(")", " ").split()
    if not words and not only_differences:
        return tree
    found: set[int] = set()  # by id(): rows of one tree that is alive
    kept: set[int] = set()
    for number, row in enumerate(tree.root.walk()):
        if number % 2048 == 0:
            check()
        if id(row.parent) in found or _has_words(row, words):
            found.add(id(row))
            if row.differs or not only_differences:
                _keep(row, kept)
    return _copy_of(tree, kept)


def _keep(row: TagRow | None, kept: set[int]) -> None:
    while row is not None and id(row) not in kept:
        kept.add(id(row))
        row = row.parent


def _copy_of(tree: TagTree, kept: set[int]) -> TagTree:
    """Return a tree of copies of the rows that are kept."""
    copies = {id(tree.root): TagRow(0, "")}
    for row in tree.root.walk():
        if id(row) in kept:
            copies[id(row)] = replace(row, children=[], parent=None)
            copies[id(row.parent)].add(copies[id(row)])
    return TagTree(copies[id(tree.root)], len(copies) - 1, tree.differences, tree.remarks)


def _has_words(row: TagRow, words: list[str]) -> bool:
    if not words:
        return True
    where = " ".join((row.label, f"{row.tag:08x}", row.vr, row.name, row.keyword, row.meaning, row.text[:4096]))
    where = f"{where} {(row.other or '')[:4096]}".casefold()
    return all(word in where for word in words)
