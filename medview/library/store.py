"""The folder of copies: each file under a name made of a hash of its own bytes, never of anything it says."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from medview.errors import MedViewError
from medview.files.atomic import write_error
from medview.library.identity import IDENTITY
from medview.progress import Progress

_CHUNK = 2**20
_INCOMING = "incoming"
_LOCKED = ".lock"
_POLL_S = 0.2
_STALE_S = 3600.0  # a file that comes in is written within seconds
_OWN_COPY = re.compile(r"[0-9a-f]{32}\.dcm")
_OWN_INCOMING = re.compile("[0-9a-f]{24}")


@dataclass(frozen=True)
class StoredFile:
    """A copy in the store; `is_new` where it was not there before."""

    path: Path
    size: int
    mtime_ns: int
    is_new: bool


class Store:
    """Copies of image files, a folder for each study.

    A copy gets its name when its bytes are on the disk and have been read back; whatever stops the program leaves at
    most a file in ``incoming``, which is swept later.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._inside = os.path.join(folder, "")

    def put(self, source: Path, study: str, progress: Progress) -> StoredFile:
        """Copy a file into the folder of a study, or find it there.

        Parameters
        ----------
        study
            Name of the study's folder: a hash (`StudyRow.identity`).

        Raises
        ------
        MedViewError
            The disk is full, or what was written reads back differently. OSError where `source` cannot be read.
        """
        digest, size = _digest(source, progress)
        target = self.folder / study / f"{digest[:32]}.dcm"
        is_new = not target.exists()
        if not (_has_size(target, size) and _digest(target, progress)[0] == digest):  # it may have been damaged since
            self._copy(source, target, digest, progress)
        facts = target.stat()
        return StoredFile(target, facts.st_size, facts.st_mtime_ns, is_new)

    @contextmanager
    def claimed(self, study: str, progress: Progress) -> Iterator[None]:
        """Keep other programs from copying the same study at the same time: they wait until the block ends."""
        incoming = self.folder / _INCOMING
        lock = FileLock(incoming / f"{study[:2]}{_LOCKED}")  # a few hundred at most: they stay
        try:
            incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
            while True:
                progress(0.0)
                try:
                    lock.acquire(timeout=_POLL_S)
                    break
                except Timeout:
                    continue
        except OSError as error:
            raise write_error(error, incoming) from error
        try:
            yield
        finally:
            lock.release()

    def settle(self, folders: set[Path]) -> None:
        """Put the names of new copies on the disk, before a row says that they are there."""
        for folder in folders:
            with suppress(OSError):  # not every system can; the contents are on the disk already
                descriptor = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def remove(self, file: Path | str) -> int:
        """Delete a copy and return the bytes freed; ValueError where the path is no copy that the store has made."""
        path = Path(file)
        really = os.path.join(os.path.realpath(self.folder), path.parent.name)
        if not self.holds(path) or os.path.realpath(path.parent) != really:
            raise ValueError("not a copy of the store")
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        with suppress(OSError):  # others of the study are still there
            path.parent.rmdir()
        return size

    def holds(self, path: Path | str) -> bool:
        """Whether a path is one of the store's own copies: what is named otherwise, or lies behind a link, is not."""
        folder, name = os.path.split(path)
        place, study = os.path.split(folder)
        is_named_so = bool(_OWN_COPY.fullmatch(name) and IDENTITY.fullmatch(study))
        return is_named_so and os.path.join(place, "") == self._inside and not os.path.islink(folder)

    def surrounds(self, folder: str) -> bool:
        """Whether a folder lies in the store."""
        return os.path.join(folder, "").startswith(self._inside)

    def files(self) -> list[Path]:
        """Return every copy that is there, in the order of names; what others have put there is passed over."""
        found = []
        for folder, names, files in os.walk(self.folder):
            names[:] = sorted(name for name in names if IDENTITY.fullmatch(name))
            found += [path for name in sorted(files) if self.holds(path := Path(folder, name))]
        return found

    def sweep(self) -> None:
        """Remove what interrupted imports have left half written."""
        incoming = self.folder / _INCOMING
        if incoming.is_symlink():
            return
        with suppress(OSError):
            for path in incoming.iterdir():
                if _OWN_INCOMING.fullmatch(path.name) and time.time() - path.stat().st_mtime > _STALE_S:
                    path.unlink(missing_ok=True)

    def _copy(self, source: Path, target: Path, digest: str, progress: Progress) -> None:
        beside = self.folder / _INCOMING / secrets.token_hex(12)
        try:
            for folder in (beside.parent, target.parent):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(source, beside, progress)
            if _digest(beside, progress)[0] != digest:
                raise MedViewError(
                    "A copy of {name} does not read back as it was written.",
                    "The file was being written to, or the disk is failing: try again, or use another disk.",
                    name=source.name,
                )
            os.replace(beside, target)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _write(source: Path, target: Path, progress: Progress) -> None:
    """Copy bytes to a new file and bring them to the disk; only errors of the target become sentences."""
    with source.open("rb") as file:
        try:
            with target.open("xb") as written:
                for chunk in _chunks(file, source, progress):
                    written.write(chunk)
                written.flush()
                os.fsync(written.fileno())
        except OSError as error:
            raise write_error(error, target) from error


def _chunks(file: BinaryIO, source: Path, progress: Progress) -> Iterator[bytes]:
    """Yield a file's bytes; that it can no longer be read is no fault of the disk that is written to."""
    while True:
        progress(0.0)
        try:
            chunk = file.read(_CHUNK)
        except OSError as error:
            raise MedViewError(
                "{name} cannot be read any more: {reason}", "Is its disk or share still connected? Then try again.",
                name=source.name, reason=error.strerror or str(error),
            ) from error  # fmt: skip
        if not chunk:
            return
        yield chunk


def _digest(path: Path, progress: Progress) -> tuple[str, int]:
    """Return SHA-256 and size of a file's bytes."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            progress(0.0)
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
