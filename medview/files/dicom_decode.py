"""One compressed frame turned into stored values.

The codestream's own size is held against Rows and Columns before a decoder may allocate anything.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError

RLE = "1.2.840.10008.1.2.5"
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_REMEDY = "Copy the series again from its source; if that does not help, ask for it uncompressed."

# transfer syntax -> the decoder of imagecodecs that reads it (PS3.5 A.4); all of them release the GIL
_CODECS = {
    RLE: "dicomrle",
    "1.2.840.10008.1.2.4.50": "jpeg8",
    "1.2.840.10008.1.2.4.51": "jpeg8",
    "1.2.840.10008.1.2.4.53": "jpeg8",
    "1.2.840.10008.1.2.4.55": "jpeg8",
    "1.2.840.10008.1.2.4.57": "jpeg8",
    "1.2.840.10008.1.2.4.70": "jpeg8",
    "1.2.840.10008.1.2.4.80": "jpegls",
    "1.2.840.10008.1.2.4.81": "jpegls",
    "1.2.840.10008.1.2.4.90": "jpeg2k",
    "1.2.840.10008.1.2.4.91": "jpeg2k",
    "1.2.840.10008.1.2.4.201": "jpeg2k",
    "1.2.840.10008.1.2.4.202": "jpeg2k",
    "1.2.840.10008.1.2.4.203": "jpeg2k",
}


def decode(data: bytes, transfer_syntax_uid: str, shape: tuple[int, int], bits_allocated: int) -> NDArray[Any]:
    """Return the decoded values (rows, columns) of one grey frame, as whatever integer the codec gives.

    Raises
    ------
    MedViewError
        The transfer syntax has no decoder here, the codestream is of another size, or it is damaged.
    """
    codec = _CODECS.get(transfer_syntax_uid)
    if codec is None:
        raise MedViewError(
            "Pixels compressed as {uid} cannot be read.",
            "Ask for the series uncompressed, or as JPEG 2000.",
            uid=transfer_syntax_uid,
        )
    if codec == "dicomrle":
        return _decode_rle(data, shape, bits_allocated)
    found = _codestream_size(data, codec)
    if found != shape:
        raise MedViewError(
            "The compressed picture is not {rows} x {columns}, as the header says.",
            _REMEDY,
            rows=shape[0],
            columns=shape[1],
        )
    return _with_imagecodecs(codec, data, shape)


def _with_imagecodecs(codec: str, data: bytes, shape: tuple[int, int]) -> NDArray[Any]:
    import imagecodecs

    try:
        pixels = np.asarray(getattr(imagecodecs, f"{codec}_decode")(data))
    except Exception as error:  # every codec has an error class of its own, and damaged data reaches all of them
        raise MedViewError("The compressed picture is damaged ({codec}).", _REMEDY, codec=codec) from error
    if pixels.shape != shape or pixels.dtype.kind not in "iu":
        raise MedViewError("The compressed picture is damaged ({codec}).", _REMEDY, codec=codec)
    return pixels


def _codestream_size(data: bytes, codec: str) -> tuple[int, int] | None:
    """Return (rows, columns) as the codestream declares them."""
    if codec == "jpeg2k":
        start = data.find(b"\xff\x4f\xff\x51")
        if start < 0 or len(data) < start + 24:
            return None
        right, bottom, left, top = struct.unpack(">4I", data[start + 8 : start + 24])
        return bottom - top, right - left
    for marker, segment in _jpeg_segments(data):
        if (marker in _JPEG_FRAMES or marker == 0xF7) and len(segment) >= 5:
            rows, columns = struct.unpack(">HH", segment[1:5])
            return rows, columns
    return None


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, payload) of a JPEG or JPEG-LS stream up to its frame header."""
    position = data.find(b"\xff\xd8") + 2
    while 2 <= position < len(data) - 4:
        if data[position] != 0xFF:
            return
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        (length,) = struct.unpack(">H", data[position + 2 : position + 4])
        yield marker, data[position + 4 : position + 2 + length]
        position += 2 + max(length, 2)


def _decode_rle(data: bytes, shape: tuple[int, int], bits_allocated: int) -> NDArray[Any]:
    """Decode DICOM RLE (PS3.5 G): one PackBits segment for each byte of a value, the high byte first."""
    import imagecodecs

    size, planes = shape[0] * shape[1], bits_allocated // 8
    header = struct.unpack("<16I", data[:64]) if len(data) >= 64 else (0,)
    offsets = [*header[1 : 1 + planes], len(data)]
    if header[0] != planes or offsets[0] != 64 or sorted(offsets) != offsets:
        raise MedViewError("The compressed picture is damaged ({codec}).", _REMEDY, codec="RLE")
    values = np.zeros(shape, dtype=f"u{planes}").ravel()
    for start, stop in pairwise(offsets):
        plane = np.frombuffer(imagecodecs.packbits_decode(data[start:stop]), dtype=np.uint8)
        if not size <= plane.size <= size + 1:
            raise MedViewError("The compressed picture is damaged ({codec}).", _REMEDY, codec="RLE")
        values = (values << 8) | plane[:size] if planes > 1 else plane[:size].copy()
    return values.reshape(shape)
