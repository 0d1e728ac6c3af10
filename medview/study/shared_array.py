"""Arrays in shared memory, so that a volume is handed to the worker process without copying it.

An array made here frees its memory with its last view, like any other array. Another process attaches by name.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import weakref
from multiprocessing.shared_memory import SharedMemory
from typing import Any, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from medview.errors import MedViewError

_names: dict[int, str] = {}
_files: dict[int, int] = {}
_disowned: set[str] = set()


class _Memory(SharedMemory):
    """Shared memory that goes quietly when the interpreter ends while an array still looks at it."""

    def __del__(self) -> None:
        with contextlib.suppress(BufferError):
            super().__del__()


def allocate(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an uninitialised C-order array in shared memory; MemoryError where there is no room for it."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    _check_room(size)
    return _array(_Memory(create=True, size=max(size, 1)), shape, dtype, owner=True)


def shared(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array` itself where it lies in shared memory, contiguous and whole, else a shared copy."""
    if _is_whole(array):
        return array
    copy = allocate(array.shape, array.dtype)
    np.copyto(copy, array)
    return copy


def handle(array: NDArray[Any]) -> tuple[str, tuple[int, ...], str]:
    """Return (name, shape, dtype) by which `attach` finds a shared array in another process."""
    if not _is_whole(array):
        raise ValueError("the array does not lie whole in shared memory")
    return _names[_root_id(array)], array.shape, array.dtype.str


def attach(name: str, shape: tuple[int, ...], dtype: str, *, owner: bool = False) -> NDArray[Any]:
    """Return the array that another process has shared; `owner` takes over the duty to free it."""
    return _array(_Memory(name=name), shape, dtype, owner=owner)


def attach_copy(name: str, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """Return the array that another process has shared, so that nothing written to it here is seen there.

    Pages are shared until somebody writes to them (Linux; elsewhere as `attach`): foreign code finds a way round an
    array that says it is read-only, and need not mean to.
    """
    if sys.platform != "linux":
        return attach(name, shape, dtype)
    memory = _Memory(name=name)
    pages = mmap.mmap(memory._fd, memory.size, access=mmap.ACCESS_COPY)  # type: ignore[attr-defined]
    memory.close()
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(pages, dtype=np.dtype(dtype), count=count).reshape(shape)


def allocate_for_series(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return what `allocate` does; MedViewError, which a person is told, where there is no room for it."""
    try:
        return allocate(shape, dtype)
    except (OSError, MemoryError, ValueError) as error:
        raise MedViewError(
            "The series needs {size:.1f} GB of memory, which is not free.",
            "Close other studies or programs, or open a smaller series.",
            size=int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize / 1e9,
        ) from error


def put(array: NDArray[Any], number: int, part: NDArray[Any]) -> None:
    """Set ``array[number]`` of a shared array to `part`.

    A slice that nobody has touched is written through the memory's file where there is one: the kernel then takes pages
    by the hundred, instead of one at each fault, which costs more than the copying itself.
    """
    file = _files.get(_root_id(array))
    fits = part.shape == array.shape[1:] and part.dtype == array.dtype and part.flags.c_contiguous
    if file is None or not fits or not _is_whole(array):
        array[number] = part
        return
    offset, data = number * part.nbytes, part.reshape(-1).view(np.uint8).data
    try:
        done = os.pwrite(file, data, offset)
    except OSError as error:
        raise MemoryError(f"{part.nbytes} bytes of shared memory") from error
    if done != part.nbytes:  # the last room was taken meanwhile: touching the memory would end the program
        raise MemoryError(f"{part.nbytes} bytes of shared memory")


def disown(array: NDArray[Any]) -> tuple[str, tuple[int, ...], str]:
    """Return the handle of `array` and leave freeing it to the process that attaches it as its owner."""
    found = handle(array)
    _disowned.add(found[0])
    return found


def _check_room(size: int) -> None:
    """Raise MemoryError where shared memory is full: the kernel would end the program at the first touch."""
    if sys.platform == "linux":
        room = os.statvfs("/dev/shm")  # noqa: S108  where the kernel keeps shared memory, not a place for files
        if size > room.f_bavail * room.f_frsize:
            raise MemoryError(f"{size} bytes of shared memory")


def _array(memory: SharedMemory, shape: tuple[int, ...], dtype: DTypeLike, *, owner: bool) -> NDArray[Any]:
    count = int(np.prod(shape, dtype=np.int64))
    array = np.frombuffer(cast(memoryview, memory.buf), dtype=np.dtype(dtype), count=count).reshape(shape)
    root = _root(array)
    _names[id(root)] = memory.name
    if sys.platform == "linux":  # elsewhere such memory is no file that can be written
        _files[id(root)] = memory._fd  # type: ignore[attr-defined]
    weakref.finalize(root, _release, id(root), memory, owner)
    return array


def _release(root_id: int, memory: SharedMemory, owner: bool) -> None:
    _names.pop(root_id, None)
    _files.pop(root_id, None)
    with contextlib.suppress(BufferError):  # at interpreter exit the array may outlive this call: unlinking matters
        memory.close()
    if owner and memory.name not in _disowned:
        memory.unlink()
    _disowned.discard(memory.name)


def _root(array: NDArray[Any]) -> Any:
    root: Any = array
    while isinstance(root, np.ndarray):
        root = root.base
    return root


def _root_id(array: NDArray[Any]) -> int:
    return id(_root(array))


def _is_whole(array: NDArray[Any]) -> bool:
    root = _root(array)
    if id(root) not in _names or not array.flags.c_contiguous:
        return False
    start = np.frombuffer(cast(memoryview, root), dtype=np.uint8)
    return start.ctypes.data == array.ctypes.data
