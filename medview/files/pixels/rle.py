"""DICOM's run length encoding (PS3.5 G): one PackBits segment for each byte of each sample, the high byte first."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.study.series import StoredPixels

_MOST_SEGMENTS = 15  # the header has room for no more


def decode_rle(data: bytes, pixels: StoredPixels) -> NDArray[Any]:
    """Return the stored values (rows, columns), of colours (rows, columns, 3), without sign.

    Raises
    ------
    MedViewError
        The frame is damaged, or holds more or less than the header says.
    """
    width, size = pixels.bits_allocated // 8, pixels.rows * pixels.columns
    segments = width * pixels.samples_per_pixel
    header = struct.unpack("<16I", data[:64]) if len(data) >= 64 else (0,)
    offsets = [*header[1 : 1 + segments], len(data)]
    if not 0 < segments <= _MOST_SEGMENTS or header[0] != segments or offsets[0] != 64 or sorted(offsets) != offsets:
        raise _damaged()
    planes = np.empty((pixels.samples_per_pixel, size, width), np.uint8)
    for number, (start, stop) in enumerate(pairwise(offsets)):
        sample, byte = divmod(number, width)
        planes[sample, :, width - 1 - byte] = _segment(data[start:stop], size)
    values = planes.view(f"<u{width}").reshape(pixels.samples_per_pixel, pixels.rows, pixels.columns)
    return values[0] if pixels.samples_per_pixel == 1 else np.moveaxis(values, 0, -1)


def _segment(packed: bytes, size: int) -> NDArray[np.uint8]:
    """Unpack one segment into no more than it may hold: the last byte of a segment of even length may be padding."""
    import imagecodecs

    room = bytearray(size + 1)
    try:
        found = np.frombuffer(imagecodecs.packbits_decode(packed, out=room), np.uint8)
    except Exception as error:  # an error class of its own; too much data is one, too
        raise _damaged() from error
    if found.size < size:
        raise _damaged()
    return found[:size]


def _damaged() -> MedViewError:
    return MedViewError("The compressed picture is damaged ({codec}).", "Copy the series again from its source.",
                        codec="RLE")  # fmt: skip
