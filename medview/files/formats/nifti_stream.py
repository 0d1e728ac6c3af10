"""Several volumes of one grid as one 4-D NIfTI file, written one after the other and read back.

No more than one volume is held at a time: what was written is compared by its digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.files.formats.nifti import check_name, new_image, packed
from medview.progress import Progress, part, unheard
from medview.study.volume import Volume


class _OtherType(Exception):  # noqa: N818  no fault: the file is begun again with a wider type
    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype


def write_volumes(
    read: Callable[[int, Progress], Volume], count: int, path: Path, *, step_ms: float | None = None,
    progress: Progress = unheard,
) -> None:  # fmt: skip
    """Write volumes 0 to `count` - 1, as `read` gives them, along the fourth axis.

    Parameters
    ----------
    step_ms
        Time from one to the next, where the axis is an even time; the header then says so in seconds.

    Raises
    ------
    MedViewError
        A volume cannot be read or lies on another grid, the file cannot be written, or what is read back differs.
    """
    check_name(path)
    dtype: np.dtype[Any] | None = None
    while True:
        try:
            with written_whole(path) as beside:
                digests = _write(read, count, beside, path, dtype, step_ms, part(progress, 0.0, 0.8))
                _compare(beside, digests, part(progress, 0.8, 1.0))
            return
        except _OtherType as other:
            dtype = other.dtype


def _write(
    read: Callable[[int, Progress], Volume], count: int, beside: Path, path: Path, dtype: np.dtype[Any] | None,
    step_ms: float | None, progress: Progress,
) -> list[bytes]:  # fmt: skip
    """Write all volumes with one type of number, and return the digest of each."""
    digests: list[bytes] = []
    first = read(0, part(progress, 0.0, 1.0 / count))
    dtype = dtype or first.array.dtype
    with beside.open("wb") as file, packed(file, path) as stream:
        stream.write(_head(first, count, dtype, step_ms))
        for number in range(count):
            span = part(progress, number / count, (number + 1) / count)
            volume = first if number == 0 else read(number, span)
            if not volume.geometry.same_grid(first.geometry):
                raise MedViewError("The volumes of this series do not lie on one grid.", "Convert them one by one.")
            digests.append(_append(stream, volume.array, dtype))
    return digests


def _append(stream: IO[bytes], array: NDArray[Any], dtype: np.dtype[Any]) -> bytes:
    """Write one volume, a slice at a time, and return its digest."""
    wider = np.result_type(dtype, array.dtype)
    if wider != dtype:
        raise _OtherType(wider)
    digest = hashlib.sha256()
    for values in array:
        data = np.ascontiguousarray(values, dtype=dtype.newbyteorder("<")).tobytes()
        digest.update(data)
        stream.write(data)
    return digest.digest()


def _head(first: Volume, count: int, dtype: np.dtype[Any], step_ms: float | None) -> bytes:
    """Return the header and the gap behind it, up to the first voxel."""
    slices, rows, columns = first.geometry.shape
    # no voxel of this array is ever touched: it only tells the header its shape and type
    shape = np.lib.stride_tricks.as_strided(np.zeros(1, dtype), (columns, rows, slices, count), (0, 0, 0, 0))
    header = new_image(shape, first.geometry, "none").header
    zooms = header.get_zooms()[:3]
    header.set_zooms((*zooms, step_ms / 1000.0 if step_ms is not None else 1.0))
    header.set_xyzt_units(
        "mm" if first.geometry.has_spacing else "unknown", "sec" if step_ms is not None else "unknown"
    )
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    return bytes(header.binaryblock) + bytes(4)


def _compare(beside: Path, digests: list[bytes], progress: Progress) -> None:
    """Raise MedViewError where the file, read anew, does not hold the volumes that were written."""
    from medview.files.formats.nifti_header import read_nifti_header

    header = read_nifti_header(beside)
    found = header is not None and header.voxels.places == len(digests)
    if header is not None and found:
        for number, digest in enumerate(digests):
            progress(number / len(digests), "Reading back")
            found = found and header.voxels.digest(number) == digest
    if not found:
        raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=beside.name)
