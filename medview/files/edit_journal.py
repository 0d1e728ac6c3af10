"""Strokes on a mask, kept on disk as they are made, so that a crash or a power cut loses none.

A journal is one file: a head (what was drawn, and on which images), the labels as they were at the first
stroke, then one record a stroke. Each record carries its length and CRC-32: reading stops at the first that is torn.
It names its images by a hash, and holds neither names nor identifiers of a patient.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from medview.study.segmentation import Box, Code, Segment

_MAGIC = b"MEDVIEW JOURNAL 1\n"
_RECORD = struct.Struct("<II")  # length and CRC-32 of what follows


@dataclass(frozen=True)
class JournalHead:
    """What a journal is about.

    Attributes
    ----------
    sop_hash
        `Series.sop_hash` of the images the mask lies on.
    edits
        How many corrections the first labels hold.
    affine
        Of the mask's geometry, row by row: images of the same identifiers that lie elsewhere are other images.
    owner
        A hash of study and patient: those of another patient may bear the same identifiers. "" in older journals.
    """

    sop_hash: str
    name: str
    segments: tuple[Segment, ...]
    provenance: dict[str, Any]
    shape: tuple[int, int, int]
    dtype: str
    edits: int
    affine: tuple[float, ...] = ()
    owner: str = ""


@dataclass(frozen=True, eq=False)
class Journal:
    """A journal as it was read: the labels after the last whole stroke, and how many there were."""

    path: Path
    head: JournalHead
    labels: NDArray[Any]
    strokes: int


def begin(path: Path, head: JournalHead, labels: NDArray[Any]) -> None:
    """Write head and labels; the file takes its name only when they are on the disk."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(_MAGIC)
        _write(file, json.dumps(asdict(head)).encode())
        _write(file, zlib.compress(np.ascontiguousarray(labels).data, 1))
    os.replace(temporary, path)


def append(path: Path, box: Box, values: NDArray[Any]) -> None:
    """Write one stroke: the labels that a box holds now. What fails leaves the file as it was."""
    place = json.dumps([[b.start, b.stop] for b in box]).encode()
    whole = path.stat().st_size
    try:
        with path.open("ab") as file:
            _write(file, place + b"\n" + zlib.compress(np.ascontiguousarray(values).data, 1))
    except OSError:
        os.truncate(path, whole)  # reading stops at a torn stroke: those after it would be lost
        raise


def read_head(path: Path) -> JournalHead | None:
    """Return what a journal is about; None where it is none, or its head is torn."""
    with path.open("rb") as file:
        record = next(_records(file), None)
    return _head(record) if record is not None else None


def read_journal(path: Path) -> Journal | None:
    """Return a journal with its strokes replayed; None where not even its first labels are whole.

    A torn end is cut off, so that the strokes that are appended next can be read.
    """
    with path.open("rb") as file:
        records = _records(file)
        head_record, base = next(records, None), next(records, None)
        if head_record is None or base is None:
            return None
        head = _head(head_record)
        labels = np.frombuffer(zlib.decompress(base), dtype=head.dtype).reshape(head.shape).copy()
        strokes = 0
        whole = len(_MAGIC) + 2 * _RECORD.size + len(head_record) + len(base)
        for record in records:
            place, _, packed = record.partition(b"\n")
            box = tuple(slice(start, stop) for start, stop in json.loads(place))
            labels[box] = np.frombuffer(zlib.decompress(packed), dtype=head.dtype).reshape(labels[box].shape)
            strokes += 1
            whole += _RECORD.size + len(record)
    if path.stat().st_size > whole:
        os.truncate(path, whole)
    return Journal(path, head, labels, strokes)


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(_RECORD.pack(len(content), zlib.crc32(content)) + content)
    file.flush()
    os.fsync(file.fileno())


def _records(file: BinaryIO) -> Iterator[bytes]:
    """Yield the whole records of a file, up to the first torn one."""
    if file.read(len(_MAGIC)) != _MAGIC:
        return
    while len(start := file.read(_RECORD.size)) == _RECORD.size:
        length, checksum = _RECORD.unpack(start)
        content = file.read(length)
        if len(content) != length or zlib.crc32(content) != checksum:
            return
        yield content


def _head(record: bytes) -> JournalHead:
    values = json.loads(record)
    segments = tuple(
        Segment(**{**s, "colour": tuple(s["colour"]), "category": Code(**s["category"]), "type": Code(**s["type"])})
        for s in values["segments"]
    )
    return JournalHead(**{**values, "segments": segments, "shape": tuple(values["shape"]),
                          "affine": tuple(values.get("affine", ()))})  # fmt: skip
