"""What a header promises about its pixels, held against what is in the file, before anything is allocated."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from medview.errors import MedViewError, Sentence
from medview.files.headers.codestream import STARTS
from medview.files.headers.dicom_file import (
    BIG_ENDIAN,
    IMPLICIT,
    NATIVE,
    DicomFile,
    PixelElement,
    open_regular,
)
from medview.files.headers.dicom_values import Values
from medview.files.headers.header_scanner import UNDEFINED_LENGTH
from medview.files.headers.remembered import remembered
from medview.study.series import StoredPixels

_MOST_TOO_LONG = 16  # some makers pad their pixels; beyond that one of the two numbers is a lie
_KNOWN_PREFIX = "1.2.840.10008.1.2"
_PIXEL_DATA, _FLOATS, _DOUBLES = 0x7FE00010, 0x7FE00008, 0x7FE00009
_FLOAT_BITS = {_FLOATS: 32, _DOUBLES: 64}
_ITEM = b"\xfe\xff\x00\xe0"
_END = b"\xfe\xff\xdd\xe0"
_LONGEST_START = max(map(len, STARTS))
_MORE_IMAGES = Sentence(
    "The file holds pixels of more images than its header describes: only those described are shown."
)
_EXECUTABLE = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_AFTER_PIXELS = {0x7FE0, 0xFFFA, 0xFFFC}  # another kind of pixels, signatures, padding
_OVERLAYS = tuple(range(0x60000000, 0x60200000, 0x20000))
_PALETTE = tuple(f"{c}PaletteColorLookupTable{part}" for c in ("Red", "Green", "Blue") for part in ("Descriptor",))
_PALETTE_DATA = (
    "RedPaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "PaletteColorLookupTableUID",
)


@dataclass(frozen=True)
class _Description:
    """What the header promises, with what is odd about it; `expected` is the length of native pixels in bytes."""

    rows: int
    columns: int
    frames: int
    samples: int
    allocated: int
    stored: int
    representation: int
    planar: int
    is_palette: bool
    expected: int
    odd: tuple[Sentence, ...]


def stored_pixels(file: DicomFile) -> tuple[StoredPixels, tuple[Sentence, ...]]:
    """Return how the pixels are stored, and what is odd about them.

    Raises
    ------
    MedViewError
        The description is impossible, the pixels are missing, or the file is cut short.
    """
    element = file.pixel_element
    if element is None:
        raise MedViewError("The file ends before its pixel data, or has none.")
    if not file.transfer_syntax_uid.startswith(_KNOWN_PREFIX):
        raise MedViewError("The transfer syntax {uid} is not known.", uid=file.transfer_syntax_uid)
    bits = _FLOAT_BITS.get(element.tag)
    told = _describe(file.values) if bits is None else _describe_float(file.values, bits)
    if told.is_palette:
        _check_palette(file.values)
    native = file.transfer_syntax_uid in NATIVE
    if native:
        odd_data = _check_native(file, element, told.expected)
    else:
        odd_data = _check_encapsulated(file, element, told.frames)
    pixels = StoredPixels(
        offset=element.offset,
        length=element.length if native else None,
        frames=told.frames,
        bits_allocated=told.allocated,
        bits_stored=told.stored,
        pixel_representation=told.representation,
        file_size=file.file_size,
        file_mtime_ns=file.file_mtime_ns,
        rows=told.rows,
        columns=told.columns,
        samples_per_pixel=told.samples,
        planar_configuration=told.planar,
        is_float=element.tag != _PIXEL_DATA,
    )
    return pixels, told.odd + odd_data + _odd_file(file, element)


@remembered
def _describe(values: Values) -> _Description:
    """Return what the header says of integer pixels (PS3.3 C.7.6.3)."""
    rows, columns = _size(values)
    frames = _frame_count(values)
    samples = (values.integer("SamplesPerPixel") if values.has("SamplesPerPixel") else 1) or 0
    allocated, stored = _bits(values)
    _check_samples(values, samples)
    kind = values.text("PhotometricInterpretation")
    return _Description(
        rows, columns, frames, samples, allocated, stored,
        representation=values.integer("PixelRepresentation") or 0,
        planar=values.integer("PlanarConfiguration") or 0,
        is_palette=kind == "PALETTE COLOR",
        expected=_expected_bytes(kind, rows * columns * samples * frames, allocated),
        odd=_odd_description(values, stored),
    )  # fmt: skip


def _describe_float(values: Values, bits: int) -> _Description:
    """Return what the header says of (Double) Float Pixel Data (PS3.3 C.7.6.24, C.7.6.25): one grey sample a pixel."""
    rows, columns = _size(values)
    frames = _frame_count(values)
    if (values.integer("SamplesPerPixel") or 1) != 1:
        raise MedViewError("Floating point pixels of several samples cannot be read.")
    return _Description(
        rows, columns, frames, 1, bits, bits, representation=1, planar=0, is_palette=False,
        expected=rows * columns * frames * bits // 8, odd=(),
    )  # fmt: skip


def _size(values: Values) -> tuple[int, int]:
    # asked first: a size that is no US (PS3.6) is text that looks like a number, or a lie
    if not all(values.length(keyword) in (0, 2) for keyword in ("Rows", "Columns")):
        raise MedViewError("The image size is not stored as a number of two bytes.")
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
    if allocated not in (1, 8, 16, 32):
        raise MedViewError("{bits} bits per pixel cannot be read.", bits=values.text("BitsAllocated") or "?")
    stored = values.integer("BitsStored") or allocated
    if not 0 < stored <= allocated:
        raise MedViewError("{stored} bits are said to be stored in {allocated}.", stored=stored, allocated=allocated)
    return allocated, stored


def _check_samples(values: Values, samples: int) -> None:
    grey = values.text("PhotometricInterpretation").startswith("MONOCHROME")
    if samples not in (1, 3, 4) or (grey and samples != 1) or (samples != 1 and values.integer("BitsAllocated") == 1):
        raise MedViewError(
            "{samples} samples per pixel do not fit the kind of pixels ({kind}).",
            samples=values.text("SamplesPerPixel"),
            kind=values.text("PhotometricInterpretation"),
        )


def _check_palette(values: Values) -> None:
    if not all(map(values.has, _PALETTE)) or not any(map(values.has, _PALETTE_DATA)):
        raise MedViewError("The palette is missing: the colours of the image are not known.")


def _expected_bytes(kind: str, samples: int, allocated: int) -> int:
    """Return how long the native pixel data must be (PS3.5 8.1.1); YBR_FULL_422 shares two of four samples."""
    if kind in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        samples = samples * 2 // 3
    return (samples * allocated + 7) // 8


def _check_native(file: DicomFile, element: PixelElement, expected: int) -> tuple[Sentence, ...]:
    """Hold the length of native pixels against the header; return what is odd about it."""
    if element.length == UNDEFINED_LENGTH:
        raise MedViewError("The pixels are compressed, but the header says they are not.")
    there = min(element.length, file.size - element.offset)
    if there < expected:
        raise MedViewError("The pixel data is cut short: {there} of {expected} bytes are there.",
                           there=max(there, 0), expected=expected)  # fmt: skip
    if element.length > _MOST_TOO_LONG * expected + 2**24:
        raise MedViewError("The pixel data is far longer than the image: {there} bytes instead of {expected}.",
                           there=element.length, expected=expected)  # fmt: skip
    return (_MORE_IMAGES,) if element.length > max(2 * expected - 1, expected + 1) else ()  # one byte evens it out


def _check_encapsulated(file: DicomFile, element: PixelElement, frames: int) -> tuple[Sentence, ...]:
    """Walk over the fragments (PS3.5 A.4) without reading them: they must lie in the file and suffice.

    Returns what is odd about their number, and about the table of offsets before them.
    """
    if element.length != UNDEFINED_LENGTH:
        raise MedViewError("The header says the pixels are compressed, but they are not.")
    fragments, pictures, table = -1, 0, b""  # the first item is the offset table
    with open_regular(file.path) as stream:
        position = element.offset
        while True:
            stream.seek(position)
            head = stream.read(8 + _LONGEST_START)
            if head[:4] == _END:
                break
            length = struct.unpack("<I", head[4:8])[0] if len(head) >= 8 and head[:4] == _ITEM else UNDEFINED_LENGTH
            position += 8 + length
            if length == UNDEFINED_LENGTH or position > file.size:
                raise MedViewError("The compressed pixel data is cut short.")
            if fragments < 0:
                stream.seek(position - length)
                table = stream.read(min(length, 4 * frames))
            elif head[8:].startswith(STARTS):
                pictures += 1
            fragments += 1
    if fragments < frames:
        raise MedViewError("{there} of {frames} compressed frames are there.", there=max(fragments, 0), frames=frames)
    more = (_MORE_IMAGES,) if pictures > frames else ()
    offsets = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])
    if max(offsets, default=0) >= position - element.offset:
        return (Sentence("The table of where the frames begin leads out of the file; it was ignored."), *more)
    return more


def _odd_description(values: Values, stored: int) -> tuple[Sentence, ...]:
    found = []
    high_bit = values.integer("HighBit")
    if high_bit is not None and high_bit != stored - 1:
        found.append(Sentence("High Bit is {high}, though {stored} bits are stored; it was ignored.",
                              {"high": high_bit, "stored": stored}))  # fmt: skip
    if values.integer("PixelRepresentation") is None:
        found.append(Sentence("The header does not say whether pixels are signed; they were taken as unsigned."))
    return tuple(found)


def _odd_file(file: DicomFile, element: PixelElement) -> tuple[Sentence, ...]:
    """Return what is odd around the pixels: file header, preamble, overlays, what follows."""
    found = []
    if file.meta.is_empty():
        found.append(Sentence("The file has no DICOM file header; how it is written had to be found out."))
    elif file.meta_end is not None and file.meta.integer("FileMetaInformationGroupLength") not in (
        None,
        file.meta_end - 144,
    ):
        found.append(Sentence("The DICOM file header is not as long as it says; it was read to its true end."))
    if file.preamble.startswith(_EXECUTABLE):
        found.append(Sentence("The file begins like a program. It was only read as an image."))
    if not _overlays_fit(file.values):
        found.append(Sentence("An overlay is larger than its data; it was left out."))
    if element.length != UNDEFINED_LENGTH and 0 < element.offset + element.length < file.size:
        found += _what_follows(file, element.offset + element.length)
    return tuple(found)


@remembered
def _overlays_fit(values: Values) -> bool:
    return all(_overlay_fits(values, group) for group in _OVERLAYS if values.has(group | 0x10))


def _overlay_fits(values: Values, group: int) -> bool:
    """Whether the bits of an overlay plane (PS3.3 C.9.2) are all there; without data it lies in the pixels."""
    rows, columns = values.integer(group | 0x10), values.integer(group | 0x11)
    if not values.has(group | 0x3000):
        return True
    bits = (rows or 0) * (columns or 0) * (values.integer(group | 0x15) or 1)
    return 0 < bits <= 8 * values.length(group | 0x3000)


def _what_follows(file: DicomFile, end: int) -> list[Sentence]:
    """Say where bytes that are no elements follow the pixel data."""
    if file.size != file.file_size:  # a deflated file: the bytes are not here
        return []
    with open_regular(file.path) as stream:
        stream.seek(end)
        head = stream.read(8)
    group = int.from_bytes(head[:2], "big" if file.transfer_syntax_uid == BIG_ENDIAN else "little")
    has_vr = file.transfer_syntax_uid == IMPLICIT or (head[4:6].isalpha() and head[4:6].isupper())
    if len(head) == 8 and has_vr and (group in _AFTER_PIXELS or (group > 0x7FE0 and group % 2)):
        return []
    return [Sentence("Bytes that belong to nothing follow the pixel data; they were ignored.")]
