"""The data elements of a little endian header, found without a library: what a scan of thousands of files needs.

PS3.5 7.1 (data elements), 7.5 (sequences). Elements are kept as the bytes they are made of; nothing is converted until
somebody asks. Whatever is unusual raises `Unusual`, and pydicom reads that file: this module never guesses.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from medview.errors import MedViewError

UNDEFINED_LENGTH = 0xFFFFFFFF

_SHORT = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_LONG_SEQUENCE = 1024  # shorter ones cannot be nested far
_MOST_NESTED = 32  # deeper than any real object; pydicom says what is wrong with it


def as_stored(tag: int) -> int:
    """Return a tag as a little endian file stores it, read as one number: element before group."""
    return (tag & 0xFFFF) << 16 | tag >> 16


_PIXELS = frozenset(map(as_stored, (0x7FE00008, 0x7FE00009, 0x7FE00010)))
_ITEM, _ITEM_END, _SEQUENCE_END = map(as_stored, (0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD))
_NO_STOP: frozenset[int] = frozenset()

_explicit_head = struct.Struct("<I2sH").unpack_from
_implicit_head = struct.Struct("<II").unpack_from
_length = struct.Struct("<I").unpack_from

Cells = dict[int, bytes]
"""Elements by `as_stored` tag, each as its bytes after the tag: (VR and) length, value."""


class Unusual(Exception):  # noqa: N818  no error: another reader takes over
    """A header that pydicom must read."""


class Cut(Exception):  # noqa: N818  no error: more of the file is read
    """The bytes end within an element."""


def walk(data: bytes, start: int, implicit: bool, *, whole: bool = False) -> tuple[Cells, int]:
    """Return the elements of a dataset from `start` up to its pixel data, and where that begins.

    `whole` tells that `data` is all there is; a dataset without pixel data then ends where the bytes end.

    Raises
    ------
    Unusual
        It is not as it should be. Cut where `data` ends too early.
    """
    cells: Cells = {}
    try:
        end = (_walk_implicit if implicit else _walk_explicit)(data, start, len(data), cells, _PIXELS, 0)
    except struct.error as error:
        raise (Unusual if whole else Cut) from error
    if end > len(data) or (end == len(data) and not whole):
        raise Unusual if whole else Cut
    return cells, end


def walk_meta(data: bytes) -> tuple[Cells, int]:
    """Return the elements of the file meta information (PS3.10 7.1) of a file with a preamble, and where it ends."""
    cells: Cells = {}
    position = 132
    try:
        while data[position : position + 2] == b"\x02\x00":
            tag, vr, length = _explicit_head(data, position)
            if vr in _LONG:
                length = _length(data, position + 8)[0] + 4
            elif vr not in _SHORT:
                raise Unusual
            end = position + 8 + length
            cells[tag] = data[position + 4 : end]
            position = end
    except struct.error as error:
        raise Unusual from error
    if position + 8 > len(data):
        raise Unusual
    return cells, position


def is_long(cell: bytes) -> bool:
    """Whether an explicit VR element has a length of four bytes."""
    return cell[:2] in _LONG


def element_end(data: bytes, position: int, implicit: bool) -> int:
    """Return where an element ends whose length of four bytes lies at `position`; raises IndexError where it is cut."""
    try:
        length = _length(data, position)[0]
        if length != UNDEFINED_LENGTH:
            return position + 4 + int(length)
        return _skip_items(data, position + 4, len(data), implicit, 1)
    except (struct.error, Cut) as error:
        raise IndexError from error


def pixel_element(data: bytes, position: int, implicit: bool) -> tuple[int, int, int] | None:
    """Return (tag, offset of the value, length) of the pixel data at which a walk has ended; None where it has not."""
    if position + (8 if implicit else 12) > len(data):
        return None
    stored, length = _implicit_head(data, position)
    tag = (stored & 0xFFFF) << 16 | stored >> 16
    if implicit:
        return tag, position + 8, length
    return tag, position + 12, _length(data, position + 8)[0]


def items(cell: bytes, implicit: bool) -> Iterator[Cells]:
    """Yield the items of a sequence element; raises Unusual where they are not as they should be."""
    try:
        yield from _items(cell, implicit)
    except struct.error as error:
        raise Unusual from error


def _items(cell: bytes, implicit: bool) -> Iterator[Cells]:
    position, end = (4 if implicit else 8), len(cell)
    walk_elements = _walk_implicit if implicit else _walk_explicit
    while position < end:
        tag, length = _implicit_head(cell, position)
        position += 8
        if tag == _SEQUENCE_END:
            return
        if tag != _ITEM:
            raise Unusual
        found: Cells = {}
        if length == UNDEFINED_LENGTH:
            position = walk_elements(cell, position, end, found, _NO_STOP, 0)
        else:
            if walk_elements(cell, position, position + length, found, _NO_STOP, 0) != position + length:
                raise Unusual
            position += length
        if position > end:
            raise Unusual
        yield found


def _walk_explicit(data: bytes, position: int, end: int, cells: Cells, stop: frozenset[int], depth: int) -> int:
    """Walk over explicit VR elements; return the position of what stopped it, or the one after the item's end."""
    while position < end:
        tag, vr, length = _explicit_head(data, position)
        if vr in _SHORT:
            after = position + 8 + length
            cells[tag] = data[position + 4 : after]
            position = after
        elif vr in _LONG:
            if tag in stop:
                return position
            after = position + 12
            length = _length(data, position + 8)[0]
            if length != UNDEFINED_LENGTH:
                if length > _LONG_SEQUENCE and vr == b"SQ":
                    _check_nesting(data, after)
                after += length
            elif vr == b"SQ":
                after = _skip_items(data, after, end, False, depth + 1)
            else:
                raise Unusual
            cells[tag] = data[position + 4 : after]
            position = after
        elif tag == _ITEM_END and not stop:
            return position + 8
        else:
            raise Unusual
    return position


def _check_nesting(data: bytes, position: int) -> None:
    """Raise MedViewError where the first items of a sequence lie within each other without end: such a file attacks."""
    for _ in range(2 * _MOST_NESTED):
        position += 8  # into the item
        _, vr, length = _explicit_head(data, position)
        if vr != b"SQ" or length:  # the two bytes after SQ are 0
            return
        position += 12
    raise MedViewError("The header holds sequences within sequences without end.")


def _walk_implicit(data: bytes, position: int, end: int, cells: Cells, stop: frozenset[int], depth: int) -> int:
    """Walk over implicit VR elements; return as `_walk_explicit`."""
    while position < end:
        tag, length = _implicit_head(data, position)
        if tag in stop:
            return position
        if tag == _ITEM_END:
            if stop:
                raise Unusual
            return position + 8
        after = position + 8
        if length != UNDEFINED_LENGTH:
            after += length
        else:
            after = _skip_items(data, after, end, True, depth + 1)
        cells[tag] = data[position + 4 : after]
        position = after
    return position


def _skip_items(data: bytes, position: int, end: int, implicit: bool, depth: int) -> int:
    """Return the position after a sequence of undefined length; raises struct.error where the bytes end before it."""
    if depth > _MOST_NESTED:
        raise Unusual
    walk_elements = _walk_implicit if implicit else _walk_explicit
    while True:
        tag, length = _implicit_head(data, position)
        position += 8
        if tag == _SEQUENCE_END:
            return position
        if tag != _ITEM:
            raise Unusual
        if length != UNDEFINED_LENGTH:
            position += length
        else:
            position = walk_elements(data, position, end, {}, _NO_STOP, depth)
            if data[position - 8 : position - 4] != b"\xfe\xff\x0d\xe0":
                raise Cut if position >= end else Unusual
