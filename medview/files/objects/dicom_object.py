"""A DICOM object that is no image, read whole: its values, and its frames where it has pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

import medview.files.headers.pydicom_reader  # noqa: F401  tells pydicom not to judge values
from medview.errors import MedViewError
from medview.files.headers.dicom_file import BIG_ENDIAN, DEFLATED, NATIVE, inflated, looks_like_dicom, open_regular
from medview.files.headers.dicom_values import Values
from medview.files.workers import InThisProcess, Workers
from medview.study.series import StoredPixels

_COPY = "Copy it again from its source."
_LARGEST = 2 * 2**30  # bytes; a structure set of a whole body has 50 MB
_HEAD = 4096
_FLOATS: dict[str, np.dtype[Any]] = {"FloatPixelData": np.dtype("<f4"), "DoubleFloatPixelData": np.dtype("<f8")}


@dataclass(frozen=True, eq=False)
class DicomObject:
    """The dataset of a file, and the transfer syntax it came in ("" where none is given)."""

    path: Path
    dataset: Dataset
    transfer_syntax_uid: str

    @property
    def values(self) -> Values:
        """The values, as plain Python."""
        return Values(self.dataset)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and Columns; MedViewError where they are missing."""
        rows, columns = self.values.integer("Rows") or 0, self.values.integer("Columns") or 0
        if rows < 1 or columns < 1:
            raise MedViewError("{name} does not say how large its frames are.", _COPY, name=self.path.name)
        return rows, columns

    def frames(self, workers: Workers | None = None) -> StoredFrames:
        """Return the frames as they are stored, before any rescale; decoded by `workers` where they are compressed.

        Raises
        ------
        MedViewError
            There are fewer bytes or frames than the header says, a frame is damaged, or its format is unknown.
        """
        count = max(self.values.integer("NumberOfFrames") or 1, 1)
        keyword = next((k for k in (*_FLOATS, "PixelData") if isinstance(self.dataset.get(k), bytes)), "")
        data: bytes = self.dataset.get(keyword, b"") if keyword else b""
        kind = _FLOATS[keyword] if keyword in _FLOATS else self._integer_kind()
        size = self.size
        if self.transfer_syntax_uid not in {"", *NATIVE}:
            kind, parts = self._decoded(data, count, size, kind, workers or InThisProcess())
            return StoredFrames(parts, count, size, kind)
        bits = count * size[0] * size[1] * (1 if kind is None else kind.itemsize * 8)
        if len(data) * 8 < bits:
            raise self._too_short()
        return StoredFrames([data], count, size, kind)

    def _integer_kind(self) -> np.dtype[Any] | None:
        """Return the type of the stored values, None for single bits."""
        bits = self.values.integer("BitsAllocated") or 0
        if bits == 1:
            return None
        if bits not in (8, 16, 32):
            raise MedViewError("{name} has pixels of {bits} bits, which are not read.", name=self.path.name, bits=bits)
        signed = "i" if self.values.integer("PixelRepresentation") == 1 else "u"
        return np.dtype(f"{'>' if self.transfer_syntax_uid == BIG_ENDIAN else '<'}{signed}{bits // 8}")

    def _decoded(
        self, data: bytes, count: int, size: tuple[int, int], kind: np.dtype[Any] | None, workers: Workers
    ) -> tuple[np.dtype[Any] | None, list[bytes]]:
        """Return the type and the bytes of each decoded frame; one-bit pixels are compressed packed into bytes."""
        from pydicom.encaps import generate_frames

        from medview.files.pixels.dicom_decode import decode

        try:
            streams = list(generate_frames(data, number_of_frames=count))
        except Exception as error:  # damaged fragments make pydicom raise nearly anything
            raise self._too_short() from error
        if len(streams) < count:
            raise self._too_short()
        (rows, columns), bits = (
            (size, kind.itemsize * 8) if kind is not None else ((1, (size[0] * size[1] + 7) // 8), 8)
        )
        stored = StoredPixels(
            0, None, 1, bits, bits, int(kind is not None and kind.kind == "i"), 0, 0, rows=rows, columns=columns
        )
        tasks = [(stream, self.transfer_syntax_uid, stored, "MONOCHROME2") for stream in streams[:count]]
        parts = [b""] * count
        for number, found in workers.each(decode, tasks):
            if isinstance(found, MedViewError):
                raise found
            parts[number] = found.values.astype(kind or np.uint8).tobytes()
        return kind, parts

    def _too_short(self) -> MedViewError:
        return MedViewError("The pixel data of {name} is shorter than its frames.", _COPY, name=self.path.name)


class StoredFrames:
    """The frames of an object: ``frames[k]`` is (rows, columns).

    Parameters
    ----------
    parts
        Bytes of each frame, or the bytes of all in one: single bits then run on from one frame to the next (PS3.5
        8.1.1).
    kind
        Type of the values, None for single bits.
    """

    def __init__(self, parts: list[bytes], count: int, size: tuple[int, int], kind: np.dtype[Any] | None) -> None:
        self._parts = parts
        self._count = count
        self._size = size
        self._kind = kind

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> NDArray[Any]:
        pixels = self._size[0] * self._size[1]
        together = len(self._parts) < self._count or self._count == 1
        data, first = (self._parts[0], number * pixels) if together else (self._parts[number], 0)
        if self._kind is not None:
            return np.frombuffer(data, self._kind, pixels, first * self._kind.itemsize).reshape(self._size)
        start, stop = first // 8, (first + pixels + 7) // 8
        bits = np.unpackbits(np.frombuffer(data, np.uint8, stop - start, start), bitorder="little")
        return bits[first % 8 : first % 8 + pixels].reshape(self._size)


def read_object(path: Path) -> DicomObject:
    """Read a file whole.

    Raises
    ------
    MedViewError
        The file is missing, damaged, too large or no DICOM.
    """
    try:
        with open_regular(path) as file:
            if path.stat().st_size > _LARGEST:
                raise MedViewError("{name} is too large for what it should be.", name=path.name)
            head = file.read(_HEAD)
            file.seek(0)
            if not looks_like_dicom(head):
                raise MedViewError("{name} is not DICOM.", "Choose another file.", name=path.name)
            if DEFLATED.encode() in head:  # pydicom would inflate without a limit
                return DicomObject(path, read_dataset(inflated(file), False, True), DEFLATED)
            dataset = dcmread(file, force=True)
            syntax = str(dataset.file_meta.get("TransferSyntaxUID", "") or "").strip(" \0")
    except MedViewError:
        raise
    except Exception as error:  # a damaged file makes pydicom raise nearly anything: there is no common base
        raise MedViewError(
            "{name} cannot be read as a DICOM object: {reason}", _COPY, name=path.name, reason=_reason(error)
        ) from error
    return DicomObject(path, dataset, syntax)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
