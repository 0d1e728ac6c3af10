"""Frames of a volume in the order in which a person wants them, a few to a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, overload

import numpy as np

from medview.errors import MedViewError
from medview.files.pixels.frame_file import FrameFile
from medview.files.pixels.stored_frame import StoredFrame
from medview.files.pixels.value_mapping import Extent
from medview.files.pixels.volume_plan import cannot_be_read
from medview.study import shared_array

Handle = tuple[str, tuple[int, ...], str]
Filled = list[tuple[int, Extent]]


class FrameReader:
    """Fills frames into an array; keeps the last file open, for a multi-frame file has the next frame, too."""

    def __init__(self) -> None:
        self._file: FrameFile | None = None
        self._work = np.empty(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def fill(self, frame: StoredFrame, array: Any) -> Filled:
        """Fill one frame.

        Raises
        ------
        MedViewError
            It cannot be read; the file is named.
        """
        if self._work.shape != array.shape[1:] or self._work.dtype != array.dtype:
            self._work = np.empty(array.shape[1:], array.dtype)
        try:
            return frame.fill(self._opened(frame), array, self._work)
        except MemoryError as error:
            raise MedViewError(
                "There is not enough memory free to read on.", "Close other studies or programs."
            ) from error
        except OSError as error:
            raise cannot_be_read(frame.path, error) from error
        except MedViewError as error:
            raise named(frame.path, error) from error

    def _opened(self, frame: StoredFrame) -> FrameFile:
        if self._file is None or self._file.path != frame.path:
            if self._file is not None:
                self._file.close()
            self._file = None
            self._file = FrameFile(
                frame.path, frame.pixels, is_deflated=frame.is_deflated, sop_instance_uid=frame.sop_instance_uid
            )
        return self._file


def named(path: Path, error: MedViewError) -> MedViewError:
    """Return an error with the name of the file that it is about."""
    values = {**error.remedy.values, "file": path.name, "reason": error.message}  # the error may have a reason, too
    return MedViewError("{file}: {reason}", error.remedy.template, **values)


def fill_frames(handle: Handle, frames: Sequence[StoredFrame]) -> Filled | MedViewError:
    """Fill a few frames into shared memory: runs in a process of the pool. An error comes back as a value."""
    array = shared_array.attach(*handle)
    try:
        with FrameReader() as reader:
            return [found for frame in frames for found in reader.fill(frame, array)]
    except MedViewError as error:
        return error


class Outwards:
    """Frames taken one after the other, the one nearest to the wanted slice first."""

    def __init__(self, frames: Sequence[StoredFrame], wanted: Callable[[], int]) -> None:
        self._frames = frames
        self._wanted = wanted
        self._places = np.array([(frame.slices[0][0] + frame.slices[-1][0]) / 2 for frame in frames])
        self._left = list(range(len(frames)))
        self._centre: int | None = None

    def take(self, count: int = 1) -> list[StoredFrame]:
        """Return the next `count` frames, fewer at the end."""
        centre = self._wanted()
        if centre != self._centre:
            self._centre = centre
            far = np.argsort(-np.abs(self._places[self._left] - centre), kind="stable")
            self._left = [self._left[place] for place in far]  # the nearest last, where it is cheap to take
        return [self._frames[self._left.pop()] for _ in range(min(count, len(self._left)))]

    def __iter__(self) -> Iterator[StoredFrame]:
        for _ in self._frames:
            yield from self.take()


class FrameTasks(Sequence[tuple[Handle, list[StoredFrame]]]):
    """Tasks for `fill_frames`, each made when a process is free for it: what is wanted may have moved."""

    def __init__(self, frames: Sequence[StoredFrame], wanted: Callable[[], int], handle: Handle, size: int) -> None:
        self._order = Outwards(frames, wanted)
        self._handle = handle
        self._size = size
        # the first picture is waited for: it comes alone
        self._count = 1 + -(-(len(frames) - 1) // size)
        self.taken: dict[int, list[StoredFrame]] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: int) -> tuple[Handle, list[StoredFrame]]: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[tuple[Handle, list[StoredFrame]]]: ...

    def __getitem__(self, number: int | slice) -> Any:
        if isinstance(number, slice):
            raise TypeError("tasks are taken one by one")
        if number >= self._count:
            raise IndexError(number)
        if number not in self.taken:
            self.taken[number] = self._order.take(self._size if number else 1)
        return self._handle, self.taken[number]
