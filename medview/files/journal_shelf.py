"""The folder of journals: one shelf for each running program, claimed by the next one when its owner has died."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path

from filelock import FileLock, Timeout

ENDING = ".journal"
_LOCK = "lock"


class JournalShelf:
    """The journals of this program, in a folder of its own below `root`, which a lock says is in use.

    The system lets the lock go when the program ends, however it ends.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.folder = root / uuid.uuid4().hex
        self.folder.mkdir(parents=True, mode=0o700)
        self._lock = FileLock(self.folder / _LOCK)
        self._lock.acquire(timeout=0)

    def new_path(self) -> Path:
        """Return a name for a new journal."""
        return self.folder / f"{uuid.uuid4().hex}{ENDING}"

    def claim_orphans(self) -> list[Path]:
        """Move the journals of programs that no longer run onto this shelf; return all that lie on it."""
        for folder in self._root.iterdir():
            if folder.is_dir() and folder != self.folder:
                self._claim(folder)
        return sorted(self.folder.glob(f"*{ENDING}"))

    @property
    def is_alone(self) -> bool:
        """Whether no other program has a shelf in use."""
        others = [folder for folder in self._root.iterdir() if folder.is_dir() and folder != self.folder]
        return not any(_is_used(folder) for folder in others)

    def close(self) -> None:
        """Leave the shelf; what still lies on it is claimed by the next program."""
        self._lock.release()
        _clear(self.folder)

    def _claim(self, folder: Path) -> None:
        lock = FileLock(folder / _LOCK)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):  # its owner runs, or another program is claiming it at this moment
            return
        try:
            for path in folder.glob(f"*{ENDING}"):
                os.replace(path, self.folder / path.name)
        finally:
            lock.release()
        _clear(folder)


def _is_used(folder: Path) -> bool:
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return folder.is_dir()  # it may have been cleared at this moment
    lock.release()
    return False


def _clear(folder: Path) -> None:
    """Remove a shelf with nothing on it."""
    if any(folder.glob(f"*{ENDING}")):
        return
    with contextlib.suppress(OSError):
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()
