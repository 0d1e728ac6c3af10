"""What a compressed picture says about itself, read before any decoder sees it.

JPEG: ITU-T T.81 B.2; JPEG-LS: T.87 C; JPEG 2000: T.800 A.5 and I.5; JPEG XL: ISO/IEC 18181-1 and -2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP", b"\x00\x00\x00\x0cJX", b"\xff\x0a")
"""How a picture begins: JPEG, JPEG 2000 with and without its file format, JPEG XL likewise."""
_LOSSLESS_FRAME = 0xC3
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_LS_FRAME = 0xF7
_JP2_MARK = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_JXL_MARK = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
_SIZ = b"\xff\x4f\xff\x51"
_SANE_COMPONENTS = 16
_JXL_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}

ColourHint = Literal["", "YBR", "RGB"]


@dataclass(frozen=True)
class Codestream:
    """Size and sample kind as the codestream declares them.

    Attributes
    ----------
    start
        Where the codestream proper begins in the data, behind the boxes of a file format.
    components, bits
        None where the codestream does not say so in its first bytes (JPEG XL).
    colours
        Whether the three components are said to be a luminance and two colour differences, or red, green and blue.
    """

    start: int
    rows: int
    columns: int
    components: int | None = None
    bits: int | None = None
    is_signed: bool = False
    colours: ColourHint = ""


def read_jpeg(data: bytes) -> Codestream | None:
    """Return what the frame header of a JPEG or JPEG-LS picture says; None where there is none."""
    start = data.find(b"\xff\xd8")
    hint: ColourHint = ""
    for marker, segment in _jpeg_segments(data, start + 2) if start >= 0 else ():
        if marker == 0xE0 and segment[:4] == b"JFIF":
            hint = hint or "YBR"
        elif marker == 0xEE and segment[:5] == b"Adobe" and len(segment) >= 12:
            hint = "YBR" if segment[11] else "RGB"
        elif (marker in _JPEG_FRAMES or marker == _JPEG_LS_FRAME) and len(segment) >= 6:
            bits, rows, columns, components = struct.unpack(">BHHB", segment[:6])
            if segment[6 : 6 + 3 * components : 3] == b"RGB" or marker in (_LOSSLESS_FRAME, _JPEG_LS_FRAME):
                hint = "RGB" if marker not in (_LOSSLESS_FRAME, _JPEG_LS_FRAME) else ""
            return Codestream(start, rows, columns, components, bits, colours=hint)
    return None


def _jpeg_segments(data: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, payload) up to the first scan."""
    while position < len(data) - 4:
        if data[position] != 0xFF:
            return
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        (length,) = struct.unpack(">H", data[position + 2 : position + 4])
        yield marker, data[position + 4 : position + 2 + length]
        if marker == 0xDA:
            return
        position += 2 + max(length, 2)


def read_jpeg_2000(data: bytes) -> Codestream | None:
    """Return what the SIZ marker of a JPEG 2000 picture says; None where components differ in size or kind."""
    start = _box(data, b"jp2c") if data.startswith(_JP2_MARK) else 0
    if start is None or data[start : start + 4] != _SIZ or len(data) < start + 42:
        return None
    right, bottom, left, top = struct.unpack(">4I", data[start + 8 : start + 24])
    (count,) = struct.unpack(">H", data[start + 40 : start + 42])
    kinds = {data[start + 42 + 3 * n : start + 45 + 3 * n] for n in range(min(count, _SANE_COMPONENTS))}
    if len(kinds) != 1 or len(kind := kinds.pop()) != 3 or kind[1:] != b"\x01\x01":
        return None
    return Codestream(start, bottom - top, right - left, count, (kind[0] & 0x7F) + 1, bool(kind[0] & 0x80))


def read_jpeg_xl(data: bytes) -> Codestream | None:
    """Return the size that a JPEG XL picture says it has."""
    start = 0
    if data.startswith(_JXL_MARK):
        found = _box(data, b"jxlc")
        part = _box(data, b"jxlp")
        start = found if found is not None else part + 4 if part is not None else -1
    if start < 0 or data[start : start + 2] != b"\xff\x0a":
        return None
    bits = _Bits(data[start + 2 : start + 18])
    is_small = bits.take(1)
    rows = bits.jxl_length(is_small)
    ratio = bits.take(3)
    columns = rows * _JXL_RATIOS[ratio][0] // _JXL_RATIOS[ratio][1] if ratio else bits.jxl_length(is_small)
    return Codestream(0, rows, columns)


class _Bits:
    """Bits of a byte string, the lowest first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        found = self._value & ((1 << count) - 1)
        self._value >>= count
        return found

    def jxl_length(self, is_small: int) -> int:
        if is_small:
            return 8 * (self.take(5) + 1)
        return self.take((9, 13, 18, 30)[self.take(2)]) + 1


def _box(data: bytes, kind: bytes) -> int | None:
    """Return where the content of the first box of a kind begins (T.800 I.4)."""
    position = 0
    while position + 8 <= len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        head = 8
        if length == 1 and position + 16 <= len(data):
            (length,) = struct.unpack(">Q", data[position + 8 : position + 16])
            head = 16
        if data[position + 4 : position + 8] == kind:
            return position + head
        if length < head:
            return None
        position += length
    return None
