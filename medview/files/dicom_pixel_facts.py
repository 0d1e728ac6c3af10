"""What a header promises about its pixels, held against what is in the file, before anything is allocated."""

from __future__ import annotations

import struct

from medview.errors import MedViewError, Sentence
from medview.files.dicom_file import (
    NATIVE,
    UNDEFINED_LENGTH,
    DicomFile,
    PixelElement,
    open_regular,
)
from medview.files.dicom_values import Values
from medview.study.series import StoredPixels

_KNOWN_PREFIX = "1.2.840.10008.1.2"
_PIXEL_DATA = 0x7FE00010
_ITEM = b"\xfe\xff\x00\xe0"
_END = b"\xfe\xff\xdd\xe0"
_EXECUTABLE = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def stored_pixels(file: DicomFile, values: Values) -> tuple[StoredPixels, tuple[Sentence, ...]]:
    """Return how the pixels are stored, and what is odd about them.

    Raises
    ------
    MedViewError
        The description is impossible, the pixels are missing, or the file is cut short.
    """
    element = file.pixel_element
    if element is None:
        raise MedViewError("The file ends before its pixel data, or has none.")
    rows, columns = _size(values)
    frames = _frame_count(values)
    samples = values.integer("SamplesPerPixel") if values.has("SamplesPerPixel") else 1
    allocated, stored = _bits(values)
    _check_samples(values, samples)
    if element.tag != _PIXEL_DATA:
        raise MedViewError("The pixels are floating point numbers, which are not shown yet.")
    if not file.transfer_syntax_uid.startswith(_KNOWN_PREFIX):
        raise MedViewError("The transfer syntax {uid} is not known.", uid=file.transfer_syntax_uid)
    native = file.transfer_syntax_uid in NATIVE
    expected = _expected_bytes(values, rows * columns * int(samples or 1) * frames, allocated)
    if native:
        _check_native(file, element, expected)
    else:
        _check_encapsulated(file, element, frames)
    pixels = StoredPixels(
        offset=element.offset,
        length=element.length if native else None,
        frames=frames,
        bits_allocated=allocated,
        bits_stored=stored,
        pixel_representation=values.integer("PixelRepresentation") or 0,
        file_size=file.file_size,
        file_mtime_ns=file.file_mtime_ns,
    )
    return pixels, _oddities(file, values, stored)


def _size(values: Values) -> tuple[int, int]:
    rows, columns = values.integer("Rows"), values.integer("Columns")
    if not rows or not columns or not (0 < rows < 65536 and 0 < columns < 65536):
        raise MedViewError("The image size is missing or impossible ({rows} rows, {columns} columns).",
                           rows=values.text("Rows") or "?", columns=values.text("Columns") or "?")  # fmt: skip
    return rows, columns


def _frame_count(values: Values) -> int:
    if not values.text("NumberOfFrames"):
        return 1
    frames = values.integer("NumberOfFrames")
    if frames is None or not 0 < frames < 2**31:
        raise MedViewError("The number of frames is impossible: {frames}.", frames=values.text("NumberOfFrames")[:40])
    return frames


def _bits(values: Values) -> tuple[int, int]:
    allocated = values.integer("BitsAllocated")
    if allocated not in (8, 16, 32):
        raise MedViewError("{bits} bits per pixel cannot be read.", bits=values.text("BitsAllocated") or "?")
    stored = values.integer("BitsStored") or allocated
    if not 0 < stored <= allocated:
        raise MedViewError("{stored} bits are said to be stored in {allocated}.", stored=stored, allocated=allocated)
    return allocated, stored


def _check_samples(values: Values, samples: int | None) -> None:
    grey = values.text("PhotometricInterpretation").startswith("MONOCHROME")
    if samples not in (1, 3, 4) or (grey and samples != 1):
        raise MedViewError(
            "{samples} samples per pixel do not fit the kind of pixels ({kind}).",
            samples=values.text("SamplesPerPixel"),
            kind=values.text("PhotometricInterpretation"),
        )


def _expected_bytes(values: Values, samples: int, allocated: int) -> int:
    """Return how long the native pixel data must be (PS3.5 8.1.1); YBR_FULL_422 shares two of four samples."""
    if values.text("PhotometricInterpretation") == "YBR_FULL_422":
        samples = samples * 2 // 3
    return (samples * allocated + 7) // 8


def _check_native(file: DicomFile, element: PixelElement, expected: int) -> None:
    if element.length == UNDEFINED_LENGTH:
        raise MedViewError("The pixels are compressed, but the header says they are not.")
    there = min(element.length, file.size - element.offset)
    if there < expected:
        raise MedViewError("The pixel data is cut short: {there} of {expected} bytes are there.",
                           there=max(there, 0), expected=expected)  # fmt: skip


def _check_encapsulated(file: DicomFile, element: PixelElement, frames: int) -> None:
    """Walk over the fragments (PS3.5 A.4) without reading them: they must lie in the file and suffice."""
    if element.length != UNDEFINED_LENGTH:
        raise MedViewError("The header says the pixels are compressed, but they are not.")
    fragments = -1  # the first item is the offset table
    with open_regular(file.path) as stream:
        position = element.offset
        while True:
            stream.seek(position)
            head = stream.read(8)
            if head[:4] == _END:
                break
            length = struct.unpack("<I", head[4:])[0] if len(head) == 8 and head[:4] == _ITEM else UNDEFINED_LENGTH
            position += 8 + length
            if length == UNDEFINED_LENGTH or position > file.size:
                raise MedViewError("The compressed pixel data is cut short.")
            fragments += 1
    if fragments < frames:
        raise MedViewError("{there} of {frames} compressed frames are there.", there=max(fragments, 0), frames=frames)


def _oddities(file: DicomFile, values: Values, stored: int) -> tuple[Sentence, ...]:
    found = []
    high_bit = values.integer("HighBit")
    if high_bit is not None and high_bit != stored - 1:
        found.append(Sentence("High Bit is {high}, though {stored} bits are stored; it was ignored.",
                              {"high": high_bit, "stored": stored}))  # fmt: skip
    if values.integer("PixelRepresentation") is None:
        found.append(Sentence("The header does not say whether pixels are signed; they were taken as unsigned."))
    if not getattr(file.dataset, "file_meta", {}):
        found.append(Sentence("The file has no DICOM file header; how it is written had to be found out."))
    if (getattr(file.dataset, "preamble", b"") or b"").startswith(_EXECUTABLE):
        found.append(Sentence("The file begins like a program. It was only read as an image."))
    return tuple(found)
