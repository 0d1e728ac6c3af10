"""The values of a header that was scanned without pydicom: the same answers as `Values`, for a tenth of the time.

Numbers and plain ASCII are read here. Whatever else there is, other character sets above all, is converted by pydicom's
own functions, one element at a time, so that both readers can only agree.
"""

from __future__ import annotations

import math
import re
import struct
from functools import cache
from typing import Any

from medview.files.headers.dicom_dictionary import element_tag, element_vr
from medview.files.headers.dicom_values import Values, as_numbers, as_texts, as_tuple, is_item
from medview.files.headers.header_pattern import Pattern
from medview.files.headers.header_scanner import Cells, Unusual, as_stored, items

_MOST_REMEMBERED = 50_000
_LONGEST = 256  # bytes of a value that is read here
_LONGEST_REMEMBERED = 32
_CHARACTER_SET = as_stored(0x00080005)
_PIXEL_REPRESENTATION = as_stored(0x00280103)
_NOT_THERE = -1
_UNDEFINED = b"\xff\xff\xff\xff"

_TEXTS_VRS = {b"AE", b"AS", b"CS", b"DA", b"DT", b"LO", b"SH", b"TM", b"UI", b"PN"}
_SINGLE_VRS = {b"LT", b"ST"}  # a backslash is no delimiter in these
_BINARY = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"FL": "f", b"FD": "d"}
_LONG_VRS = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
_DECIMAL = re.compile(r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *", re.ASCII)
_WHOLE = re.compile(r" *[+-]?\d{1,15} *", re.ASCII)

# what elements with the same bytes have said before; in one series most elements are the same in every file
_TEXTS: dict[tuple[bytes, bytes], tuple[str, ...]] = {}
_NUMBERS: dict[tuple[bytes, bytes], tuple[float, ...]] = {}


class ScannedValues(Values):
    """Read access to scanned elements; as `Values` in every respect.

    Parameters
    ----------
    cells
        The elements as `header_scanner` found them.
    implicit
        Whether the VRs are those of the dictionary rather than in the cells.
    holder
        The dataset that this is an item of.
    pattern
        What the header has in common with others.
    """

    __slots__ = ("_cells", "_implicit")

    def __init__(
        self, cells: Cells, implicit: bool, holder: ScannedValues | None = None, pattern: Pattern | None = None
    ) -> None:
        self._cells = cells
        self._implicit = implicit
        self._holder = holder
        self.pattern = pattern

    def has(self, key: str | int) -> bool:
        """Whether the element is there, empty or not."""
        return stored_tag(key) in self._cells

    def text(self, key: str | int) -> str:
        """Return the value as text, several values joined by a backslash."""
        texts = self.texts(key)
        return texts[0] if len(texts) == 1 else "\\".join(texts)

    def texts(self, key: str | int) -> tuple[str, ...]:
        """Return the values as texts, cut at a readable length, without padding."""
        cell = self._cells.get(stored_tag(key))
        if cell is None:
            return ()
        vr = self._vr(stored_tag(key), cell) if self._implicit else cell[:2]
        found = _TEXTS.get((vr, cell))
        if found is None:
            plain = _plain_texts(vr, _value(vr, cell, self._implicit))
            found = self._marked(as_texts(self._by_pydicom(stored_tag(key), vr, cell))) if plain is None else plain
            if plain is not None and len(cell) <= _LONGEST_REMEMBERED:
                _remember(_TEXTS, (vr, cell), found)
        return found

    def numbers(self, key: str | int) -> tuple[float, ...]:
        """Return the values where all of them are finite numbers, else ()."""
        cell = self._cells.get(stored_tag(key))
        if cell is None:
            return ()
        vr = self._vr(stored_tag(key), cell) if self._implicit else cell[:2]
        found = _NUMBERS.get((vr, cell))
        if found is None:
            plain = _plain_numbers(vr, _value(vr, cell, self._implicit))
            found = as_numbers(self._by_pydicom(stored_tag(key), vr, cell)) if plain is None else plain
            if plain is not None and len(cell) <= _LONGEST_REMEMBERED:
                _remember(_NUMBERS, (vr, cell), found)
        return found

    def binary(self, key: str | int) -> bytes:
        """Return the bytes of a binary value, b"" where it is none."""
        cell = self._cells.get(stored_tag(key))
        if cell is None:
            return b""
        vr = self._vr(stored_tag(key), cell) if self._implicit else cell[:2]
        return _value(cell[:2], cell, self._implicit) if vr in (b"OB", b"OW", b"UN") else b""

    def items(self, key: str | int) -> tuple[Values, ...]:
        """Return the items of a sequence."""
        stored = stored_tag(key)
        cell = self._cells.get(stored)
        if cell is None:
            return ()
        vr = self._vr(stored, cell) if self._implicit else cell[:2]
        if vr == b"SQ":
            try:
                return tuple(ScannedValues(found, self._implicit, self) for found in items(cell, self._implicit))
            except Unusual:
                pass
        return tuple(Values(item, self) for item in self._by_pydicom(stored, vr, cell) if is_item(item))

    def item(self, key: str | int) -> Values:
        """Return the first item of a sequence, an empty one where there is none."""
        found = self.items(key) if stored_tag(key) in self._cells else ()
        return found[0] if found else _EMPTY

    def length(self, key: str | int) -> int:
        """Return the length of the value in bytes, 0 where there is none."""
        cell = self._cells.get(stored_tag(key), b"")
        return len(_value(cell[:2], cell, self._implicit))

    def is_empty(self) -> bool:
        """Whether there is no element at all."""
        return not self._cells

    @property
    def keys(self) -> tuple[int, ...]:
        """Return the tags of all elements, in the file's order."""
        return tuple((stored & 0xFFFF) << 16 | stored >> 16 for stored in self._cells)

    def _values(self, key: str | int) -> tuple[Any, ...]:
        stored = stored_tag(key)
        cell = self._cells.get(stored)
        if cell is None:
            return ()
        return self._by_pydicom(stored, self._vr(stored, cell) if self._implicit else cell[:2], cell)

    def _vr(self, stored: int, cell: bytes) -> bytes:
        """Return the VR of an element that does not carry its own."""
        if cell.startswith(_UNDEFINED):
            return b"SQ"
        return self._tag_vr((stored & 0xFFFF) << 16 | stored >> 16)

    def _tag_vr(self, tag: int) -> bytes:
        """Return the VR that the dictionaries have for a tag; those of odd groups are private (PS3.5 7.8)."""
        return self._private_vr(tag) if tag >> 16 & 1 else self._known_vr(_dictionary_vr(tag))

    def _known_vr(self, vr: str) -> bytes:
        """Return which of two VRs it is, by Pixel Representation of this dataset or of those it lies in."""
        if vr != "US or SS":
            return vr.encode()
        found: ScannedValues | None = self
        while found is not None and _PIXEL_REPRESENTATION not in found._cells:
            found = found._holder if isinstance(found._holder, ScannedValues) else None
        signed = found is not None and found.number("PixelRepresentation") == 1
        return b"SS" if signed else b"US"

    def _private_vr(self, tag: int) -> bytes:
        group, element = tag >> 16, tag & 0xFFFF
        if 0x10 <= element < 0x100:  # a private creator
            return b"LO"
        creator = self.text(group << 16 | element >> 8) if element & 0xFF00 else ""
        if not creator:
            return b"UN"
        from medview.files.headers.pydicom_reader import private_vr

        try:
            return private_vr(tag, creator).encode()
        except KeyError:
            return b"UN"

    def _by_pydicom(self, stored: int, vr: bytes, cell: bytes) -> tuple[Any, ...]:
        """Return what pydicom makes of one element."""
        from medview.files.headers.pydicom_reader import element_value

        tag = (stored & 0xFFFF) << 16 | stored >> 16
        if vr == b"UN" and not self._implicit:
            vr = self._tag_vr(tag)
        value = _value(cell[:2], cell, self._implicit)
        sets = self._character_sets() if stored != _CHARACTER_SET else ()
        try:
            return as_tuple(element_value(tag, vr.decode(), value, implicit=self._implicit, character_sets=sets))
        except Exception:  # as in Values: nearly anything is raised on a damaged element
            return ()

    def _character_sets(self) -> tuple[str, ...]:
        """Return the names of the character sets in force: the dataset's own, or those it lies in."""
        found: ScannedValues | None = self
        while found is not None:
            if _CHARACTER_SET in found._cells:
                return found.texts("SpecificCharacterSet")
            found = found._holder if isinstance(found._holder, ScannedValues) else None
        return ()


_EMPTY = ScannedValues({}, False)


class WatchedValues(ScannedValues):
    """Values that remember which elements have been asked for.

    Attributes
    ----------
    read
        Their tags as header_scanner keeps them, and those that what they say may depend on.
    """

    __slots__ = ("read",)
    read: set[int]

    @classmethod
    def of(cls, values: Values) -> WatchedValues:
        """Return the same values, watched."""
        assert isinstance(values, ScannedValues)
        watched = cls(values._cells, values._implicit)
        watched.read = {_CHARACTER_SET, _PIXEL_REPRESENTATION}
        return watched

    def has(self, key: str | int) -> bool:
        """As `Values.has`."""
        self.read.add(stored_tag(key))
        return super().has(key)

    def texts(self, key: str | int) -> tuple[str, ...]:
        """As `Values.texts`."""
        self.read.add(stored_tag(key))
        return super().texts(key)

    def numbers(self, key: str | int) -> tuple[float, ...]:
        """As `Values.numbers`."""
        self.read.add(stored_tag(key))
        return super().numbers(key)

    def items(self, key: str | int) -> tuple[Values, ...]:
        """As `Values.items`."""
        self.read.add(stored_tag(key))
        return super().items(key)

    def item(self, key: str | int) -> Values:
        """As `Values.item`."""
        self.read.add(stored_tag(key))
        return super().item(key)

    def binary(self, key: str | int) -> bytes:
        """As `Values.binary`."""
        self.read.add(stored_tag(key))
        return super().binary(key)

    def length(self, key: str | int) -> int:
        """As `Values.length`."""
        self.read.add(stored_tag(key))
        return super().length(key)

    @property
    def keys(self) -> tuple[int, ...]:
        """As `ScannedValues.keys`."""
        self.read.update(self._cells)
        return super().keys


@cache
def stored_tag(key: str | int) -> int:
    """Return the tag of a keyword or number as header_scanner keeps it; one that no element has where it is unknown."""
    tag = element_tag(key) if isinstance(key, str) else key
    return _NOT_THERE if tag is None else as_stored(tag)


@cache
def _dictionary_vr(tag: int) -> str:
    found = element_vr(tag)
    if found is not None:
        return found
    from medview.files.headers.pydicom_reader import standard_vr

    try:
        return standard_vr(tag)
    except KeyError:
        return "UL" if tag & 0xFFFF == 0 else "UN"


def _value(vr: bytes, cell: bytes, implicit: bool) -> bytes:
    return cell[8:] if not implicit and vr in _LONG_VRS else cell[4:]


def _plain_texts(vr: bytes, value: bytes) -> tuple[str, ...] | None:
    """Return the texts of a value that is plain; None where pydicom must look at it."""
    if not value:
        return ()
    if vr in _BINARY:
        numbers = _unpacked(vr, value)
        return None if numbers is None else tuple(map(str, numbers))
    if not value.isascii() or len(value) > _LONGEST:
        return None
    text = value.decode("ascii").rstrip(" \0")
    if not text.isprintable() or (vr == b"PN" and "=" in text):
        return None
    parts = text.split("\\") if vr not in _SINGLE_VRS else [text]
    if vr in _TEXTS_VRS or vr in _SINGLE_VRS:
        return tuple(part.strip(" \0") for part in parts) if text else ()
    pattern = _DECIMAL if vr == b"DS" else _WHOLE if vr == b"IS" else None
    if pattern is not None and all(map(pattern.fullmatch, parts)):
        return tuple(part.strip() for part in parts)
    return None


def _plain_numbers(vr: bytes, value: bytes) -> tuple[float, ...] | None:
    """Return the numbers of a value that is plain; None where pydicom must look at it."""
    if not value:
        return ()
    if vr in _BINARY:
        found = _unpacked(vr, value)
        if found is None:
            return None
        numbers = tuple(map(float, found))
        return numbers if all(map(math.isfinite, numbers)) else ()
    texts = _plain_texts(vr, value) if vr != b"PN" else ()
    return None if texts is None else as_numbers(texts)


def _unpacked(vr: bytes, value: bytes) -> tuple[Any, ...] | None:
    code = _BINARY[vr]
    count, rest = divmod(len(value), struct.calcsize("<" + code))
    if rest or len(value) > _LONGEST or (code == "h" and count == 3):  # a LUT descriptor is read otherwise
        return None
    return struct.unpack(f"<{count}{code}", value)


def _remember(known: dict[tuple[bytes, bytes], Any], key: tuple[bytes, bytes], value: Any) -> None:
    if len(known) >= _MOST_REMEMBERED:
        known.clear()
    known[key] = value
