"""Voxels that lie in a file as one block, packed or not: what NIfTI, NRRD and MetaImage have in common.

Nothing is allocated or unpacked before the header's sizes have been held against the files, and never more is unpacked
than the header says.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.headers.dicom_file import open_regular
from medview.progress import Progress, unheard
from medview.study import shared_array

Packing = Literal["raw", "gzip", "zlib", "bzip2", "text"]
# how far a byte of a packed file can expand: deflate's own ceiling is 1032, bzip2's lies far above any image's
_EXPANSION: dict[Packing, float] = {"raw": 1.0, "gzip": 1040.0, "zlib": 1040.0, "bzip2": 50_000.0, "text": 1.0}
_COPY_AGAIN = "Copy it again from its source."
_KEPT = ("u1", "i2", "u2")  # types that a volume keeps as they are; a signed byte becomes int16
_SKIP_STEP = 2**22


@dataclass(frozen=True)
class RawVoxels:
    """Where voxels lie and how.

    Attributes
    ----------
    paths
        One file, or one for each slice.
    start
        Bytes of a file before the packed data.
    skip
        Bytes of the unpacked data before the first voxel.
    dtype
        As stored, with its byte order.
    shape
        (slices, rows, columns) of one place.
    samples
        Values of a voxel: 1, or 3 for red, green, blue (4 with an opacity, which is dropped).
    places
        How many volumes there are: times, directions.
    places_inside
        Whether the places of one voxel lie side by side, rather than volume after volume.
    """

    paths: tuple[Path, ...]
    start: int
    skip: int
    packing: Packing
    dtype: np.dtype[Any]
    shape: tuple[int, int, int]
    samples: int = 1
    places: int = 1
    places_inside: bool = False

    @property
    def size(self) -> int:
        """Bytes of all places, unpacked."""
        slices, rows, columns = self.shape
        return slices * rows * columns * self.samples * self.places * self.dtype.itemsize

    def check(self) -> None:
        """Raise MedViewError where the files cannot hold what the header says; OSError where one cannot be read."""
        if min(*self.shape, self.samples, self.places) < 1:
            raise MedViewError("The header says that there are no voxels.", _COPY_AGAIN)
        if self.samples > 1 and self.dtype != np.uint8:
            raise MedViewError("Colours of more than 8 bits cannot be read.", "Convert it to 8 bits for each colour.")
        if self.samples not in (1, 3, 4):
            raise MedViewError("A voxel holds {count} values, which cannot be shown.",
                               "Split it into volumes of one value first.", count=self.samples)  # fmt: skip
        room = sum(max(path.stat().st_size - self.start, 0) for path in self.paths) * _EXPANSION[self.packing]
        # written out, a value takes a digit and a space at least, the last one no space
        needed = 2 * self.size // self.dtype.itemsize - 1 if self.packing == "text" else self.size + self.skip
        if needed > room:
            raise MedViewError("The header says more voxels than the file can hold: it is cut short.", _COPY_AGAIN)

    def read(self, place: int, scaling: tuple[float, float], progress: Progress = unheard) -> tuple[NDArray[Any], bool]:
        """Return one place's values in shared memory, and whether voxels without a number have become 0.

        Returns
        -------
        array
            (slices, rows, columns), or with a last axis of 3 for colours: uint8, int16 or uint16 where the stored
            values are such and `scaling` (slope, intercept) changes nothing, else float32.

        Raises
        ------
        MedViewError
            The data is damaged or cut short, or does not fit into memory. OSError where a file cannot be read.
        """
        self.check()
        colours = (3,) if self.samples > 1 else ()
        array, odd = shared_array.allocate_for_series((*self.shape, *colours), self._kept_type(scaling)), False
        for number, values in enumerate(self._slices(place)):
            progress(number / self.shape[0], "Reading slices")
            if array.dtype == np.float32:
                odd |= _scale(values, scaling, array[number])
            else:
                array[number] = values
        return array, odd

    def digest(self, place: int) -> bytes:
        """Return the SHA-256 of one place's bytes as they are stored; errors as `read`."""
        digest = hashlib.sha256()
        for values in self._slices(place):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.digest()

    def _kept_type(self, scaling: tuple[float, float]) -> np.dtype[Any]:
        name = f"{self.dtype.kind}{self.dtype.itemsize}"
        if scaling != (1.0, 0.0):
            return np.dtype(np.float32)
        return np.dtype(name if name in _KEPT else "i2" if name == "i1" else "f4")

    def _slices(self, place: int) -> Iterator[NDArray[Any]]:
        """Yield the stored values (rows, columns[, colours]) of each slice of a place."""
        slices, rows, columns = self.shape
        inside = self.places if self.places_inside else 1
        step = rows * columns * self.samples * inside * self.dtype.itemsize
        with ExitStack() as files:
            stream = self._open(files, self.paths[0])
            if not self.places_inside:
                _pass_over(stream, place * slices * step)
            for number in range(slices):
                if number and len(self.paths) > 1:
                    stream = self._open(files, self.paths[number])
                values = np.frombuffer(_exactly(stream, step), self.dtype)
                values = values.reshape(rows, columns, self.samples, inside)[..., place if self.places_inside else 0]
                yield values[..., :3] if self.samples > 1 else values[..., 0]

    def _open(self, files: ExitStack, path: Path) -> IO[bytes]:
        file = files.enter_context(open_regular(path))
        file.seek(self.start)
        stream: Any = file
        if self.packing == "gzip":
            stream = files.enter_context(gzip.GzipFile(fileobj=file, mode="rb"))
        elif self.packing == "bzip2":
            stream = files.enter_context(bz2.BZ2File(file))
        elif self.packing == "zlib":
            stream = _Inflated(file)
        elif self.packing == "text":
            stream = io.BytesIO(_numbers(file.read(), self.dtype))
        _pass_over(stream, self.skip)
        return stream  # type: ignore[no-any-return]


class _Inflated(io.RawIOBase):
    """A zlib stream, unpacked no further than is asked for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(32 + zlib.MAX_WBITS)  # 32: a gzip header will do, too

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, b"" at the end."""
        packed = self._inflate.unconsumed_tail or self._file.read(2**16)
        return self._inflate.decompress(packed, size) if packed else b""


def _exactly(stream: IO[bytes], size: int) -> bytes:
    """Read `size` bytes; MedViewError where the stream ends or is damaged before that."""
    found = bytearray()
    try:
        while len(found) < size and (more := stream.read(size - len(found))):
            found += more
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise MedViewError("The packed voxels are damaged.", _COPY_AGAIN) from error
    if len(found) < size:
        raise MedViewError("The voxels are cut short.", _COPY_AGAIN)
    return bytes(found)


def _pass_over(stream: IO[bytes], size: int) -> None:
    if size and stream.seekable():
        stream.seek(size, io.SEEK_CUR)
        return
    while size > 0:
        size -= len(_exactly(stream, min(size, _SKIP_STEP)))


def _numbers(text: bytes, dtype: np.dtype[Any]) -> bytes:
    try:
        return np.array(text.split(), dtype=np.float64).astype(dtype).tobytes()
    except (ValueError, OverflowError) as error:
        raise MedViewError("The voxels are no numbers.", _COPY_AGAIN) from error


def _scale(values: NDArray[Any], scaling: tuple[float, float], out: NDArray[np.float32]) -> bool:
    """Write scaled values into `out`; True where some were no number and have become 0."""
    slope, intercept = scaling
    with np.errstate(over="ignore", invalid="ignore"):
        out[...] = values.astype(np.float64) * slope + intercept if scaling != (1.0, 0.0) else values
    finite = np.isfinite(out)
    if finite.all():
        return False
    out[~finite] = 0.0
    return True
