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
from medview.files.headers.dicom_file import inflated, open_regular, read_dicom_file
from medview.study.series import StoredPixels

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_CAN_READ_INTO = hasattr(os, "preadv")  # not on Windows


_HEAD = 4096
_ENDS = tuple(bytes([byte]) for byte in b"0123456789.")  # a UID goes on with one of these


class FrameFile:
    """A file that is still the one that was scanned: else its pixels would carry another image's identity.

    Parameters
    ----------
    sop_instance_uid
        Of the image that was found at this path, "" where it has none. Files that came out of one archive often share
        their length and time: renamed among each other, only this tells them apart.

    Raises
    ------
    MedViewError
        The file has changed. OSError where it cannot be read.
    """

    def __init__(
        self, path: Path, pixels: StoredPixels, *, is_deflated: bool = False, sop_instance_uid: str = ""
    ) -> None:
        self.path = path
        self._descriptor = os.open(path, _FLAGS)
        self._inflated: BytesIO | None = None
        try:
            facts = os.fstat(self._descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise OSError(f"not a regular file: {path}")
            is_same = (facts.st_size, facts.st_mtime_ns) == (pixels.file_size, pixels.file_mtime_ns)
            if not is_same or not self._is_of(sop_instance_uid):
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

    def _is_of(self, sop_instance_uid: str) -> bool:
        """Whether the header names an image: told by its first bytes, by the whole of it where they do not."""
        if not sop_instance_uid:
            return True
        uid, head = sop_instance_uid.encode(errors="replace"), self._at(0, _HEAD)
        place = head.find(uid)
        while place >= 0:
            if head[place - 1 : place] not in _ENDS and head[place + len(uid) : place + len(uid) + 1] not in _ENDS:
                return True
            place = head.find(uid, place + 1)
        return _identity(self.path) == sop_instance_uid

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
        else:
            data = self._at(offset, length)
        if len(data) != length:
            raise _cut_short()
        return data

    def _at(self, offset: int, length: int) -> bytes:
        """Return what the file itself has at a place, less where it ends."""
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, length, offset)
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        return os.read(self._descriptor, length)


def _identity(path: Path) -> str:
    """Return the SOP Instance UID of a file, read like any other; "" where it is no DICOM."""
    from medview.files.headers.dicom_header import identity

    file = read_dicom_file(path)
    return "" if file is None else identity(file.values, file.meta)[0]


def _cut_short() -> MedViewError:
    return MedViewError("The pixel data is cut short.", "Copy the images again from their source.")
