"""A folder for what is needed for a while and must not stay: the contents of archives, which name patients."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from weakref import finalize

if TYPE_CHECKING:
    from filelock import FileLock

_PREFIX = "medview-"
_LOCK = "lock"
_CONTENT = "content"
_NEW_S = 60.0  # between the making of a folder and that of its lock


class PassingFolder:
    """A new folder below the system's temporary one, which only this person can read.

    It goes with `cleanup`, at the end of a with block, with the object or with the program. Where the program is killed
    its lock falls, and `sweep` of a later one deletes what has been left.

    Attributes
    ----------
    path
        The folder, empty at first.
    """

    def __init__(self) -> None:
        from filelock import FileLock

        root = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = FileLock(root / _LOCK)
        lock.acquire(timeout=0)
        self.path = root / _CONTENT
        self.path.mkdir(mode=0o700)
        self._finalize = finalize(self, _remove, root, lock)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cleanup()

    def cleanup(self) -> None:
        """Delete the folder with all that is in it."""
        self._finalize()

    @staticmethod
    def sweep() -> None:
        """Delete such folders of this person that no running program holds."""
        from filelock import FileLock, Timeout

        for root in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            if _is_ours(root):
                lock = FileLock(root / _LOCK)
                try:
                    lock.acquire(timeout=0)
                except (Timeout, OSError):  # its program runs
                    continue
                _remove(root, lock)


def _is_ours(root: Path) -> bool:
    """Whether a path is a folder, no link, that a program of this person made some time ago."""
    try:
        facts, lock = root.lstat(), (root / _LOCK).lstat()
    except OSError:
        return False
    is_mine = not hasattr(os, "getuid") or facts.st_uid == os.getuid()
    is_old = time.time() - lock.st_mtime > _NEW_S
    return is_mine and is_old and stat.S_ISDIR(facts.st_mode) and stat.S_ISREG(lock.st_mode)


def _remove(root: Path, lock: FileLock) -> None:
    shutil.rmtree(root / _CONTENT, ignore_errors=True)
    lock.release()
    shutil.rmtree(root, ignore_errors=True)
