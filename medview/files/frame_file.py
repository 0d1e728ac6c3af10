"""An image file open for its pixels, read at any place with as few calls as possible."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self

from medview.errors import MedViewError
from medview.files.dicom_file import inflated, open_regular
from medview.study.series import StoredPixels

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_CAN_READ_INTO = hasattr(os, "preadv")  # not on Windows


class FrameFile:
    """A file that is still the one that was scanned: else its pixels would carry another image's identity.

    Raises
    ------
    MedViewError
        The file has changed. OSError where it cannot be read.
    """

    def __init__(self, path: Path, pixels: StoredPixels, *, is_deflated: bool = False) -> None:
        self.path = path
        self._descriptor = os.open(path, _FLAGS)
        self._inflated: BytesIO | None = None
        try:
            facts = os.fstat(self._descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise OSError(f"not a regular file: {path}")
            if (facts.st_size, facts.st_mtime_ns) != (pixels.file_size, pixels.file_mtime_ns):
                raise MedViewError("The file has changed since the folder was opened.", "Open the folder again.")
            if is_deflated:
                with open_regular(path) as file:
                    self._inflated = inflated(file)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing it twice is allowed."""
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = -1

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill `target`, whose items are bytes, with what lies at `offset`."""
        if self._inflated is not None or not _CAN_READ_INTO:
            target[:] = self.read(offset, len(target))
            return
        done = 0
        while done < len(target):
            count = os.preadv(self._descriptor, [target[done:]], offset + done)
            if not count:
                raise _cut_short()
            done += count

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes that lie at `offset`."""
        if self._inflated is not None:
            self._inflated.seek(offset)
            data = self._inflated.read(length)
        elif hasattr(os, "pread"):
            data = os.pread(self._descriptor, length, offset)
        else:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            data = os.read(self._descriptor, length)
        if len(data) != length:
            raise _cut_short()
        return data


def _cut_short() -> MedViewError:
    return MedViewError("The pixel data is cut short.", "Copy the images again from their source.")
