"""Two headers held against each other, row by row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from medview.files.headers.dicom_file import inflated, open_regular
from medview.files.tags.dicom_tags import read_tags
from medview.files.tags.tag_row import TagRow, TagTree
from medview.progress import Progress, part, unheard

_BLOCK = 2**20
_META_THAT_DIFFERS = {0x00020000}  # a group length says nothing that the elements do not


def compare_tags(one: Path, other: Path, progress: Progress = unheard) -> TagTree:
    """Return the rows of both files; elements are met by tag, items of sequences by number.

    Values are held against each other as text, so that another encoding of the same value is no difference; binary
    values byte by byte. A row that only `other` has `is_missing`. Errors as `read_tags`.
    """
    left, right = read_tags(one, part(progress, 0.0, 0.3)), read_tags(other, part(progress, 0.3, 0.6))
    with _opened(one, left) as first, _opened(other, right) as second:
        files = first, second
        root = TagRow(0, "")
        count = differences = 0
        waiting = [(left.root, right.root, root)]
        while waiting:
            a, b, parent = waiting.pop()
            for mine, theirs in _pairs(a, b):
                progress(0.6 + 0.4 * count / max(left.count + right.count, 1))
                row = _joined(mine, theirs, files)
                parent.add(row)
                count += 1
                if row.differs:
                    differences += 1
                    _mark_above(row)
                waiting.append((mine or TagRow(0, ""), theirs or TagRow(0, ""), row))
    return TagTree(root, count, differences, tuple(dict.fromkeys((*left.remarks, *right.remarks))))


def _opened(path: Path, tree: TagTree) -> BinaryIO:
    """Return what the offsets of a tree's rows are counted in."""
    file = open_regular(path)
    if not tree.is_inflated:
        return file
    with file:
        return inflated(file)


def _pairs(one: TagRow, other: TagRow) -> list[tuple[TagRow | None, TagRow | None]]:
    """Return rows that belong together, in the order of tags and items."""
    mine = {(row.tag, row.number): row for row in one.children}
    theirs = {(row.tag, row.number): row for row in other.children}
    return [(mine.get(key), theirs.get(key)) for key in sorted(mine.keys() | theirs.keys())]


def _joined(mine: TagRow | None, theirs: TagRow | None, files: tuple[BinaryIO, BinaryIO]) -> TagRow:
    """Return one row of the comparison, marked where its own values differ."""
    row = replace(mine or theirs or TagRow(0, ""), children=[], parent=None)
    if mine is None:
        row.is_missing, row.differs, row.other, row.text = True, True, row.text, ""
    elif theirs is None:
        row.differs = True
    else:
        row.other = theirs.text
        row.differs = not _is_same(mine, theirs, files)
    return row


def _is_same(mine: TagRow, theirs: TagRow, files: tuple[BinaryIO, BinaryIO]) -> bool:
    if mine.children or theirs.children or mine.tag in _META_THAT_DIFFERS:
        return True  # the rows below tell
    if mine.text != theirs.text:
        return False
    if not (mine.is_cut or theirs.is_cut):
        return True
    if mine.length is None or mine.length != theirs.length:
        return mine.length == theirs.length
    return _same_bytes(files, (mine.offset, theirs.offset), mine.length)


def _same_bytes(files: tuple[BinaryIO, BinaryIO], offsets: tuple[int, int], length: int) -> bool:
    """Hold values that are too long for a row against each other."""
    for start in range(0, length, _BLOCK):
        blocks = []
        for file, offset in zip(files, offsets, strict=True):
            file.seek(offset + start)
            blocks.append(file.read(min(_BLOCK, length - start)))
        if blocks[0] != blocks[1]:
            return False
    return True


def _mark_above(row: TagRow) -> None:
    above = row.parent
    while above is not None and not above.differs:
        above.differs = True
        above = above.parent
