"""One DICOM file, read as far as its pixel data (PS3.10)."""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar

from medview.errors import MedViewError
from medview.files.headers.dicom_values import Values
from medview.files.headers.header_pattern import Header, Patterns
from medview.files.headers.header_scanner import Cut, Unusual, pixel_element, walk, walk_meta
from medview.files.headers.scanned_values import ScannedValues

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

T = TypeVar("T")

DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
NATIVE = {IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED}  # transfer syntaxes whose pixels are stored as they are

_DEFLATED_ELEMENT = (
    b"\x02\x00\x10\x00UI\x16\x00" + DEFLATED.encode()
)  # Transfer Syntax UID (0002,0010) in the file meta
_HEAD = 16384
_MOST_SCANNED = 64 * 2**20
_STANDARD = "1.2.840.10008.1.2"
_PATTERNS = Patterns()
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_PIXEL_TAGS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
_LONG_VRS = {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV"}
_FIRST_GROUPS = {2, 8}


class PixelElement(NamedTuple):
    """Where the Pixel Data element lies: offset of its value, its length (UNDEFINED_LENGTH where encapsulated)."""

    tag: int
    offset: int
    length: int


@dataclass(eq=False)
class DicomFile:
    """A file's header before the pixel data, its transfer syntax, and where the pixel data is.

    Attributes
    ----------
    values, meta
        The dataset's elements, and those of the file meta information; `meta` is empty where the file has none.
    meta_end
        Where the file meta information ends by its elements; None where nobody has counted.
    preamble
        The 128 bytes before the mark of PS3.10, empty where the file has none.
    size
        That of the readable stream: for a deflated file, of the inflated one.
    """

    path: Path
    values: Values
    meta: Values
    preamble: bytes
    transfer_syntax_uid: str
    pixel_element: PixelElement | None
    size: int
    file_size: int
    file_mtime_ns: int
    meta_end: int | None = None

    @cached_property
    def dataset(self) -> Dataset:
        """The header as pydicom reads it; read now where the file was only scanned. Errors as `read_dicom_file`."""
        if type(self.values) is Values:
            return self.values.dataset
        from medview.files.headers.pydicom_reader import read_plain

        with open_regular(self.path) as file:
            return _guarded(lambda: read_plain(file))


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading without ever waiting for it; OSError where it is no regular file."""
    file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115  the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"not a regular file: {path}")
    return file


def read_dicom_file(path: Path, *, with_pydicom: bool = False) -> DicomFile | None:
    """Read one file up to its pixel data; None where it is not DICOM.

    Little endian headers are scanned, all others read by pydicom; `with_pydicom` reads all that way.

    Raises
    ------
    MedViewError
        The file is DICOM and damaged. OSError where it cannot be read.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(f"not a regular file: {path}")
        head = os.read(descriptor, _HEAD)
        if not looks_like_dicom(head):
            return None
        if not with_pydicom and head[128:132] == b"DICM":
            try:
                return _scanned(path, descriptor, head, facts)
            except Unusual:
                pass
    finally:
        os.close(descriptor)
    return _read_by_pydicom(path)


def _scanned(path: Path, descriptor: int, head: bytes, facts: os.stat_result) -> DicomFile:
    """Scan a header, reading on as long as it goes on; raises Unusual where that is for pydicom."""
    header = _PATTERNS.match(head) or _walked(descriptor, head, facts.st_size)
    meta = ScannedValues(header.meta, False)
    found = pixel_element(header.data, header.end, header.implicit)
    return DicomFile(
        path,
        ScannedValues(header.cells, header.implicit, None, header.pattern),
        meta,
        head[:128],
        meta.text("TransferSyntaxUID") if header.pattern is None else header.pattern.transfer_syntax_uid,
        None if found is None else PixelElement._make(found),
        facts.st_size,
        facts.st_size,
        facts.st_mtime_ns,
        header.start,
    )


def _walked(descriptor: int, head: bytes, size: int) -> Header:
    meta, start = walk_meta(head)
    syntax = ScannedValues(meta, False).text("TransferSyntaxUID")
    implicit = syntax == IMPLICIT
    if not syntax.startswith(_STANDARD) or syntax in (DEFLATED, BIG_ENDIAN) or _has_vr(head, start) == implicit:
        raise Unusual
    while True:
        try:
            cells, end = walk(head, start, implicit, whole=len(head) >= size)
            break
        except Cut:
            head = _longer(descriptor, head, size)
    header = Header(head, meta, cells, start, end, implicit)
    if end + (8 if implicit else 12) <= len(head):
        _PATTERNS.learn(header)
    elif end != len(head):
        raise Unusual
    return header


def _has_vr(head: bytes, start: int) -> bool:
    """Whether the first element of a dataset looks as if it carried a VR."""
    vr = head[start + 4 : start + 6]
    return vr.isalpha() and vr.isupper()


def _longer(descriptor: int, head: bytes, size: int) -> bytes:
    """Return four times as much of the file's beginning, or all of it."""
    if len(head) >= _MOST_SCANNED:
        raise Unusual
    more = os.read(descriptor, min(3 * len(head), size - len(head)))
    if not more:
        raise Unusual
    return head + more


def _read_by_pydicom(path: Path) -> DicomFile | None:
    from medview.files.headers.pydicom_reader import read_inflated, read_plain

    stream: BinaryIO
    with open_regular(path) as file:
        head = file.read(_HEAD)
        if not looks_like_dicom(head):
            return None
        file.seek(0)
        facts = os.fstat(file.fileno())
        if _DEFLATED_ELEMENT in head[:4096]:
            stream = inflated(file)
            dataset, syntax, size = _guarded(lambda: read_inflated(stream)), DEFLATED, stream.getbuffer().nbytes
        else:
            dataset, stream, size = _guarded(lambda: read_plain(file)), file, facts.st_size
            syntax = _transfer_syntax(dataset)
        element = _pixel_element(stream, *_encoding(dataset, syntax))
    meta = Values(_meta(dataset))
    preamble = head[:128] if head[128:132] == b"DICM" else b""
    return DicomFile(
        path, Values(dataset), meta, preamble, syntax, element, size, facts.st_size, facts.st_mtime_ns, _meta_end(head)
    )


def _meta_end(head: bytes) -> int | None:
    try:
        return walk_meta(head)[1] if head[128:132] == b"DICM" else None
    except Unusual:
        return None


def inflated(file: BinaryIO) -> io.BytesIO:
    """Return the dataset of a deflated file (PS3.5 A.5), inflated no further than a sane image needs."""
    from medview.files.headers.pydicom_reader import read_meta

    _guarded(lambda: read_meta(file))
    packed = file.read()
    limit = min(512 * 2**20, max(16 * 2**20, 200 * len(packed)))
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflate.decompress(packed, limit)
    except zlib.error as error:
        raise MedViewError("The compressed header cannot be read: {reason}", reason=str(error)) from error
    if inflate.unconsumed_tail:
        raise MedViewError("The file unpacks to far more data than an image has.")
    return io.BytesIO(data)


def looks_like_dicom(head: bytes) -> bool:
    """Whether a file's first bytes are DICOM: the mark of PS3.10, or a dataset without it."""
    return head[128:132] == b"DICM" or _starts_with_element(head, "<") or _starts_with_element(head, ">")


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _starts_with_element(head: bytes, order: str) -> bool:
    """Whether the head is that of a bare dataset: a first element of group 2 or 8 of believable length."""
    if len(head) < 16:
        return False
    group, element, length = struct.unpack(order + "HHI", head[:8])
    if group not in _FIRST_GROUPS or element > 0x1200:
        return False
    return (head[4:6].isalpha() and head[4:6].isupper()) or (order == "<" and length <= 256)


def _guarded(read: Callable[[], T]) -> T:
    """Call into pydicom; whatever a damaged file makes it raise becomes a sentence."""
    try:
        return read()
    except Exception as error:  # EOFError, struct.error, KeyError, RecursionError, ...: there is no common base
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; pydicom's own, of an element that is cut, has no number
        raise MedViewError("The DICOM header is damaged: {reason}", reason=type(error).__name__) from error


def _meta(dataset: Dataset) -> Dataset:
    from pydicom.dataset import Dataset

    found: Dataset = getattr(dataset, "file_meta", None) or Dataset()
    return found


def _transfer_syntax(dataset: Dataset) -> str:
    """Return the transfer syntax, or what pydicom has found the encoding to be where none is given."""
    given = str(_meta(dataset).get("TransferSyntaxUID", "") or "").strip(" \0")
    if given:
        return given
    implicit, little = dataset.original_encoding
    return IMPLICIT if implicit else EXPLICIT if little else BIG_ENDIAN


def _encoding(dataset: Dataset, syntax: str) -> tuple[bool, str]:
    """Return whether the VRs are implicit, and the byte order, as they are rather than as they are said to be."""
    if syntax == DEFLATED:
        return False, "<"
    implicit, little = dataset.original_encoding
    return bool(implicit), "<" if little else ">"


def _pixel_element(stream: BinaryIO, implicit: bool, order: str) -> PixelElement | None:
    """Read the header of the element at which reading has stopped."""
    start = stream.tell()
    head = stream.read(12)
    if len(head) < 8:
        return None
    group, element = struct.unpack(order + "HH", head[:4])
    tag = group << 16 | element
    if tag not in _PIXEL_TAGS:
        return None
    if not implicit and head[4:6] in _LONG_VRS:
        return PixelElement(tag, start + 12, struct.unpack(order + "I", head[8:12])[0]) if len(head) == 12 else None
    if not implicit:  # a VR that pixel data cannot have
        return None
    return PixelElement(tag, start + 8, struct.unpack(order + "I", head[4:8])[0])
