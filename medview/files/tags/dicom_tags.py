"""The whole header of one file as a tree of rows (PS3.5 7, PS3.10 7).

Read by a walk of its own: no recursion, no value read that is not shown, and whatever a damaged or hostile file says,
a limit on depth and on rows. What is odd becomes a remark beside the rows that could be read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from pydicom.datadict import get_entry, get_private_entry
from pydicom.tag import Tag

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_file import (
    BIG_ENDIAN,
    DEFLATED,
    IMPLICIT,
    inflated,
    looks_like_dicom,
    open_regular,
)
from medview.files.tags.dicom_tag_text import is_binary, python_encodings, uid_name, value_text, wanted_bytes
from medview.files.tags.tag_row import TagRow, TagTree
from medview.progress import Progress, unheard

MOST_ROWS = 200_000
DEEPEST = 64
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
_CHARACTER_SET, _TRANSFER_SYNTAX, _PIXEL_REPRESENTATION = 0x00080005, 0x00020010, 0x00280103
UNDEFINED_LENGTH = 0xFFFFFFFF
_HEAD = 4096
_BLOCK = 2**16
_LONG_VRS = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
_SHORT_VRS = {
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI",
    "UL", "US",
}  # fmt: skip
_CUT_SHORT = Sentence("The file ends in the middle of an element.")
_BROKEN = Sentence("What follows the last row is no DICOM element.")
_TOO_DEEP = Sentence("Sequences nested deeper than {depth} levels are not listed.", {"depth": DEEPEST})
_TOO_MANY = Sentence("Only the first {count} rows are listed.", {"count": MOST_ROWS})


def read_tags(path: Path, progress: Progress = unheard) -> TagTree:
    """Return every element of a file: its meta information, its dataset, and what follows the pixel data.

    Raises
    ------
    MedViewError
        The file is not DICOM, or cannot be inflated. OSError where it cannot be read.
    """
    with open_regular(path) as file:
        if not looks_like_dicom(file.read(_HEAD)):
            raise MedViewError("This file is not DICOM: it has no header to show.")
        walk = _Walk(_Bytes(file), progress)
        start = walk.read_meta()
        syntax = walk.transfer_syntax
        if syntax == DEFLATED:
            file.seek(0)
            walk.bytes, start = _Bytes(inflated(file)), 0
        walk.read_dataset(start, implicit=syntax == IMPLICIT, order=">" if syntax == BIG_ENDIAN else "<")
        if not walk.root.children:
            raise MedViewError("This file is not DICOM: it has no header to show.")
        return TagTree(
            walk.root, walk.count, remarks=tuple(dict.fromkeys(walk.remarks)), is_inflated=syntax == DEFLATED
        )


class _Bytes:
    """Any bytes of a file, read by the block."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, 2)
        self._start, self._block = 0, b""

    def at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes, fewer at the end of the file."""
        skipped = offset - self._start
        if skipped < 0 or skipped + count > len(self._block):
            self._file.seek(offset)
            self._start, self._block = offset, self._file.read(max(count, _BLOCK))
            skipped = 0
        return self._block[skipped : skipped + count]


@dataclass(slots=True)
class _Level:
    """A dataset, or a sequence, that is being walked through. `row` is None where nothing of it is listed."""

    row: TagRow | None
    is_sequence: bool
    end: int  # the file's, where the length is undefined
    has_end_mark: bool
    implicit: bool
    order: str
    encodings: tuple[str, ...]
    creators: dict[int, str] = field(default_factory=dict)
    items: int = 0


class _Walk:
    """One pass through a file with a stack of its own."""

    def __init__(self, data: _Bytes, progress: Progress) -> None:
        self.bytes = data
        self.root = TagRow(0, "")
        self.count = 0
        self._seen = 0
        self.remarks: list[Sentence] = []
        self.transfer_syntax = ""
        self._progress = progress
        self._signed = False
        self._levels: list[_Level] = []
        self._at = 0
        self._stopped = False

    def read_meta(self) -> int:
        """Read the file meta information and return where the dataset begins."""
        start = 132 if self.bytes.at(128, 4) == b"DICM" else 0
        self._run(start, implicit=False, order="<", only_group=2)
        return self._at

    def read_dataset(self, start: int, *, implicit: bool, order: str) -> None:
        """Read the dataset; how it is encoded is believed of the bytes rather than of the transfer syntax."""
        if not self.transfer_syntax:
            group = self.bytes.at(start, 2)
            order = ">" if group in (b"\x00\x08", b"\x00\x02") else "<"
        self._run(start, implicit=implicit, order=order)

    def _run(self, start: int, *, implicit: bool, order: str, only_group: int = 0) -> None:
        top = _Level(self.root, False, self.bytes.size, False, implicit, order, python_encodings(""))
        top.implicit = self._is_implicit(start, top)
        self._at, self._levels, self._stopped = start, [top], False
        while self._levels and not self._stopped:
            level = self._levels[-1]
            if self._at >= level.end:
                self._levels.pop()
                continue
            if only_group and self._group(level) != only_group:
                return
            self._read_item(level) if level.is_sequence else self._read_element(level)

    def _group(self, level: _Level) -> int:
        data = self.bytes.at(self._at, 2)
        return int.from_bytes(data, "little" if level.order == "<" else "big")

    def _is_implicit(self, start: int, level: _Level) -> bool:
        """Whether the VRs are left out, as the first element shows."""
        vr = self.bytes.at(start + 4, 2).decode("latin-1")
        return vr not in _LONG_VRS | _SHORT_VRS and (level.implicit or not (vr.isalpha() and vr.isupper()))

    def _unpack(self, level: _Level, form: str, offset: int) -> tuple[int, ...]:
        """Return numbers at an offset; () stops the walk where the file ends before them."""
        data = self.bytes.at(offset, struct.calcsize(form))
        if len(data) < struct.calcsize(form):
            self._stop(_CUT_SHORT)
            return ()
        return struct.unpack(level.order + form, data)

    def _stop(self, remark: Sentence) -> None:
        self.remarks.append(remark)
        self._stopped = True

    # items

    def _read_item(self, level: _Level) -> None:
        head = self._item_head(level)
        if head is None:
            return
        tag, length = head
        if tag == _SEQUENCE_END:
            self._levels.pop()
        elif tag == _ITEM:
            level.items += 1
            row = self._listed(level.row, TagRow(tag, "", length=_defined(length), number=level.items))
            self._enter(level, row, length, is_sequence=False)
        else:
            self._stop(_BROKEN)

    def _item_head(self, level: _Level) -> tuple[int, int] | None:
        """Return tag and length of an item and step over them; None where the file ends before."""
        head = self._unpack(level, "HHI", self._at)
        if not head:
            return None
        self._at += 8
        return head[0] << 16 | head[1], head[2]

    def _enter(self, level: _Level, row: TagRow | None, length: int, *, is_sequence: bool) -> None:
        """Go down into a sequence or an item, `self._at` being where its value begins."""
        undefined = length == UNDEFINED_LENGTH
        end = self.bytes.size if undefined else min(self._at + length, level.end)
        if row is not None and len(self._levels) > DEEPEST * 2:
            self.remarks.append(_TOO_DEEP)
            row = None
        if not undefined and self._at + length > level.end:
            self.remarks.append(_CUT_SHORT)
        below = _Level(row, is_sequence, end, undefined, level.implicit, level.order, level.encodings)
        if not is_sequence and self._at < end:
            below.implicit = self._is_implicit(self._at, below)
        if row is None and not undefined:  # nothing of it is listed and its end is known
            self._at = end
            return
        self._levels.append(below)

    # elements

    def _read_element(self, level: _Level) -> None:
        self._seen += 1
        if self._seen % 512 == 0:
            self._progress(min(self._at / max(self.bytes.size, 1), 1.0))
        head = self._unpack(level, "HH", self._at)
        if not head:
            return
        tag = head[0] << 16 | head[1]
        if tag in (_ITEM_END, _SEQUENCE_END):
            self._at += 8 if tag == _ITEM_END else 0
            self._levels.pop()
            if not level.has_end_mark:
                self._stop(_BROKEN)
            return
        found = self._vr_and_length(level, tag)
        if found is not None:
            self._read_value(level, tag, *found)

    def _vr_and_length(self, level: _Level, tag: int) -> tuple[str, int] | None:
        """Return VR and length of the element at hand and move to its value; None where there is none."""
        if level.implicit:
            head = self._unpack(level, "I", self._at + 4)
            self._at += 8
            return (self._known_vr(level, tag), head[0]) if head else None
        vr = self.bytes.at(self._at + 4, 2).decode("latin-1")
        if vr in _SHORT_VRS:
            head = self._unpack(level, "H", self._at + 6)
            self._at += 8
        elif vr.isalpha() and vr.isupper() and vr.isascii():
            head = self._unpack(level, "I", self._at + 8)
            self._at += 12
        else:
            self._stop(_BROKEN)
            return None
        return (vr, head[0]) if head else None

    def _known_vr(self, level: _Level, tag: int) -> str:
        vr = _entry(tag, level.creators.get(tag >> 8, ""))[0]
        if " or " in vr:  # PS3.5 annex A.1: by Pixel Representation, and words for what is an array
            vr = "OW" if "OW" in vr else "SS" if self._signed else "US"
        return vr

    def _read_value(self, level: _Level, tag: int, vr: str, length: int) -> None:
        is_pixels = tag in _PIXELS and length == UNDEFINED_LENGTH
        row = self._row(level, tag, vr, length)
        if is_pixels:
            self._pass_fragments(level, row)
        elif vr == "SQ" or length == UNDEFINED_LENGTH:
            below = level
            if vr == "UN":  # PS3.5 6.2.2 note 2: what a sender did not know is in implicit little endian
                below = _Level(None, False, level.end, False, True, "<", level.encodings)
            if row is not None:
                row.vr = "SQ" if vr == "UN" else vr
            self._enter(below, row, length, is_sequence=True)
        else:
            self._take_value(level, row, tag, vr, length)

    def _row(self, level: _Level, tag: int, vr: str, length: int) -> TagRow | None:
        creator = level.creators.get(tag >> 8, "")
        _, name, keyword = _entry(tag, creator)
        row = TagRow(tag, vr, name, keyword, length=_defined(length), offset=self._at)
        return self._listed(level.row, row)

    def _listed(self, parent: TagRow | None, row: TagRow) -> TagRow | None:
        if parent is None:
            return None
        if self.count >= MOST_ROWS:
            self.remarks.append(_TOO_MANY)
            self._stopped = True
            return None
        self.count += 1
        parent.add(row)
        return row

    def _take_value(self, level: _Level, row: TagRow | None, tag: int, vr: str, length: int) -> None:
        present = min(length, level.end - self._at)
        if row is not None:
            known = _entry(tag, level.creators.get(tag >> 8, ""))[0] if vr == "UN" else vr
            shown_as = known if known not in ("SQ", "UN") and " " not in known else vr
            data = self.bytes.at(self._at, min(present, wanted_bytes(shown_as)))
            row.text = value_text(shown_as, data, level.order, level.encodings)
            row.is_binary, row.is_cut = is_binary(shown_as), len(data) < length
            row.meaning = uid_name(row.text) if shown_as == "UI" else ""
            self._heed(level, tag, row.text)
        self._at += length
        if present < length:
            self._stop(_CUT_SHORT)

    def _heed(self, level: _Level, tag: int, text: str) -> None:
        """Take over what a value says of those that follow it."""
        if tag == _CHARACTER_SET:
            level.encodings = python_encodings(text)
        elif tag == _TRANSFER_SYNTAX:
            self.transfer_syntax = text
        elif tag == _PIXEL_REPRESENTATION:
            self._signed = text == "1"
        elif tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF:
            level.creators[(tag >> 16) << 8 | (tag & 0xFF)] = text

    def _pass_fragments(self, level: _Level, row: TagRow | None) -> None:
        """List encapsulated pixel data (PS3.5 A.4) as its fragments."""
        number = 0
        while not self._stopped:
            head = self._item_head(level)
            if head is None:
                return
            tag, length = head
            if tag == _SEQUENCE_END:
                return
            if tag != _ITEM or self._at + length > self.bytes.size:
                self._stop(_CUT_SHORT)
                return
            number += 1
            data = self.bytes.at(self._at, min(length, wanted_bytes("OB")))
            item = TagRow(tag, "", text=data.hex(" "), length=length, is_binary=True, offset=self._at, number=number)
            item.is_cut = len(data) < length
            self._listed(row, item)
            self._at += length


def _defined(length: int) -> int | None:
    return None if length == UNDEFINED_LENGTH else length


@lru_cache(maxsize=20_000)
def _entry(tag: int, creator: str) -> tuple[str, str, str]:
    """Return (VR, name, keyword) of a tag; "UN" and no name where no dictionary knows it."""
    group, element = tag >> 16, tag & 0xFFFF
    if element == 0:
        return "UL", "Group Length", "GroupLength"
    if group % 2 == 0:
        try:
            vr, _, name, _, keyword = get_entry(Tag(tag))
        except KeyError:
            return "UN", "", ""
        return vr, name, keyword
    if 0x10 <= element <= 0xFF:
        return "LO", "Private Creator", "PrivateCreator"
    try:
        vr, _, name, _ = get_private_entry(Tag(tag), creator)
    except KeyError:
        return "UN", f"[{creator}]" if creator else "", ""
    return vr, f"[{creator}] {name}", ""
