"""One stored frame, and the slices of a volume that are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.headers.dicom_file import BIG_ENDIAN, DEFLATED
from medview.files.pixels.codestreams import read_codestream
from medview.files.pixels.dicom_decode import Decoded, decode
from medview.files.pixels.frame_file import FrameFile
from medview.files.pixels.native_frame import frame_bits, native_type, native_values
from medview.files.pixels.value_mapping import Extent, ValueMapping
from medview.study import shared_array
from medview.study.series import StoredPixels

Place = tuple[int, tuple[int, int] | None]


@dataclass(frozen=True, eq=False)
class StoredFrame:
    """A frame of a file and where it goes.

    Attributes
    ----------
    slices
        (index of the slice, (first row, first column) of its tile in the frame); None for a frame that is no mosaic.
    sop_instance_uid
        Of the image that the file must still hold.
    """

    path: Path
    frame_index: int
    transfer_syntax_uid: str
    mapping: ValueMapping
    slices: tuple[Place, ...]
    sop_instance_uid: str = ""

    @property
    def pixels(self) -> StoredPixels:
        """How the file holds its pixels."""
        return self.mapping.pixels

    @property
    def is_compressed(self) -> bool:
        """Whether a decoder is needed, and with it a process of its own."""
        return self.pixels.length is None

    @property
    def is_deflated(self) -> bool:
        """Whether the whole dataset must be inflated first."""
        return self.transfer_syntax_uid == DEFLATED

    def fill(self, file: FrameFile, array: NDArray[Any], work: NDArray[Any]) -> list[tuple[int, Extent]]:
        """Read the frame and write its slices into `array`; return what is to be known of each.

        Parameters
        ----------
        array
            The whole volume, in shared memory.
        work
            Of the shape and type of a slice. A slice is made here, where it stays in the processor's cache.

        Raises
        ------
        MedViewError
            The frame is damaged. OSError where the file cannot be read.
        """
        if self._fits(array):
            number = self.slices[0][0]
            extent = self._read_in_place(file, work)
            shared_array.put(array, number, work)
            return [(number, extent)]
        decoded = self._decoded(file) if self.is_compressed else self._native(file)
        rows, columns = array.shape[1:3]
        found = []
        for number, (top, left) in ((n, tile or (0, 0)) for n, tile in self.slices):
            tile = decoded.values[top : top + rows, left : left + columns]
            if tile.shape[:2] != (rows, columns):
                raise MedViewError("A tile of the mosaic lies outside its picture.")
            part = Decoded(tile, decoded.photometric_interpretation, decoded.bits, decoded.is_lossy)
            found.append((number, self.mapping.fill(part, work)))
            shared_array.put(array, number, work)
        return found

    def _fits(self, array: NDArray[Any]) -> bool:
        """Whether the bytes of the file are those of the slice but for sign and shift."""
        return (
            not self.is_compressed
            and array.ndim == 3
            and array.dtype.kind in "iu"
            and 8 * array.itemsize == self.pixels.bits_allocated
            and self.mapping.table is None
            and self.slices[0][1] is None
            and not self._has_swapped_bytes
        )

    def _read_in_place(self, file: FrameFile, out: NDArray[Any]) -> Extent:
        size = out.nbytes
        file.read_into(self.pixels.offset + self.frame_index * size, out.reshape(-1).view(np.uint8).data)
        if self.transfer_syntax_uid == BIG_ENDIAN and out.itemsize > 1:
            out.byteswap(inplace=True)
        return self.mapping.settle(out)

    def _native(self, file: FrameFile) -> Decoded:
        photometric = self.mapping.photometric_interpretation
        bits = frame_bits(self.pixels, photometric)
        first, first_bit = divmod(self.frame_index * bits, 8)
        data = file.read(self.pixels.offset + first, (first_bit + bits + 7) // 8)
        if self._has_swapped_bytes:
            data = self._unswapped(file, first, len(data))
        order = ">" if self.transfer_syntax_uid == BIG_ENDIAN else "<"
        values = native_values(data, self.pixels, photometric, order, first_bit)
        return Decoded(values, photometric, 8 * native_type(self.pixels).itemsize)

    @property
    def _has_swapped_bytes(self) -> bool:
        """Whether bytes may lie in words of the other order: 8-bit pixels of big endian files (PS3.5 8.1.2)."""
        return self.transfer_syntax_uid == BIG_ENDIAN and self.pixels.bits_allocated == 8

    def _unswapped(self, file: FrameFile, first: int, length: int) -> bytes:
        """Return bytes of a big endian file, turned where its pixels are words (VR OW)."""
        vr = file.read(self.pixels.offset - 8, 2)
        if vr != b"OW":
            return file.read(self.pixels.offset + first, length)
        start = first - first % 2
        words = np.frombuffer(file.read(self.pixels.offset + start, (first - start + length + 1) // 2 * 2), ">u2")
        return words.astype("<u2").tobytes()[first - start :][:length]

    def _decoded(self, file: FrameFile) -> Decoded:
        data = read_codestream(file, self.pixels, self.frame_index)
        return decode(data, self.transfer_syntax_uid, self.pixels, self.mapping.photometric_interpretation)
