"""The files of a model as somebody gave it: a folder or a zip archive, read without trusting its names or sizes."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, Any

from medview.errors import MedViewError

_MOST_ENTRIES = 20_000
_MOST_TEXT_BYTES = 16 << 20
_MOST_BYTES = 32 << 30
_CHUNK_BYTES = 1 << 20
_DAMAGE = (OSError, zipfile.BadZipFile, zlib.error, RuntimeError)  # of these the last: encrypted, or nested too deeply


@dataclass(frozen=True)
class ModelFiles:
    """A folder, or a zip archive whose entries all lie inside it.

    Attributes
    ----------
    path
        Of the folder or archive.
    """

    path: Path

    @classmethod
    def at(cls, path: Path) -> ModelFiles:
        """Return the files of a folder or archive; MedViewError where it is neither, or an entry leads outside."""
        files = cls(path)
        if not path.is_dir() and not zipfile.is_zipfile(path):
            raise MedViewError(
                "{path} is no model: neither a folder nor a zip archive.",
                "Give the folder of a MONAI bundle or of an nnU-Net result, or a zip archive of one.",
                path=path.name,
            )
        for name in files.names:
            if not _is_inside(name):
                raise MedViewError(
                    "The archive {path} was refused: the name of its entry {entry} leads outside.",
                    "Ask whoever made the archive for another one.",
                    path=path.name,
                    entry=name,
                )
        return files

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Paths of all files below it, with "/" between their parts, sorted."""
        if self.path.is_dir():
            found = (Path(root, file) for root, _, files in os.walk(self.path) for file in files)
            names = [path.relative_to(self.path).as_posix() for path in found]
        else:
            with zipfile.ZipFile(self.path) as archive:
                names = [entry.filename for entry in archive.infolist() if not entry.is_dir() and not _is_link(entry)]
        return tuple(sorted(names[:_MOST_ENTRIES]))

    def json(self, name: str) -> dict[str, Any]:
        """Return a table from a JSON file; MedViewError where it holds none."""
        try:
            with self._opened(name) as source:
                text = source.read(_MOST_TEXT_BYTES + 1)
            found = json.loads(text[:_MOST_TEXT_BYTES])
        except (ValueError, *_DAMAGE) as error:
            raise self._unreadable(name, error) from error
        if not isinstance(found, dict):
            raise self._unreadable(name, ValueError("it is no table"))
        return found

    def text(self, name: str) -> str:
        """Return the beginning of a text file, whatever its encoding; MedViewError where it cannot be read."""
        try:
            with self._opened(name) as source:
                return source.read(_MOST_TEXT_BYTES // 64).decode("utf-8", "replace")
        except _DAMAGE as error:
            raise self._unreadable(name, error) from error

    def copy(self, name: str, target: Path, told: Callable[[float], None]) -> Path:
        """Copy a file, bounded in size, to `target` and return that; `told` hears the share that is done."""
        whole = max(self._size(name), 1)
        try:
            with self._opened(name) as source, target.open("xb") as file:
                done = 0
                while chunk := source.read(_CHUNK_BYTES):
                    done += file.write(chunk)
                    if done > min(whole, _MOST_BYTES):
                        raise ValueError("it is larger than the archive says")
                    told(done / whole)
        except (ValueError, *_DAMAGE) as error:
            raise self._unreadable(name, error) from error
        return target

    def has_room_in(self, folder: Path, names: tuple[str, ...]) -> None:
        """Raise MedViewError where a copy of some files would not fit into a folder's disk."""
        needed = 2 * sum(self._size(name) for name in names)
        free = shutil.disk_usage(folder).free
        if needed > min(free, _MOST_BYTES):
            raise MedViewError(
                "The model needs {needed_mb} MB, and there is room for {free_mb} MB.",
                "Free some space, or choose another folder.",
                needed_mb=needed // 1_000_000,
                free_mb=min(free, _MOST_BYTES) // 1_000_000,
            )

    def _size(self, name: str) -> int:
        if self.path.is_dir():
            return (self.path / name).stat().st_size
        with zipfile.ZipFile(self.path) as archive:
            return archive.getinfo(name).file_size

    def _opened(self, name: str) -> AbstractContextManager[IO[bytes]]:
        if self.path.is_dir():
            path = self.path / name
            if not path.resolve().is_relative_to(self.path.resolve()):
                raise OSError("it is a link that leads outside")
            return path.open("rb")
        return _entry(self.path, name)

    def _unreadable(self, name: str, error: Exception) -> MedViewError:
        return MedViewError(
            "{file} of the model cannot be read: {reason}",
            "Ask whoever made the model for a whole copy.",
            file=name,
            reason=str(error) or type(error).__name__,
        )


@contextmanager
def _entry(path: Path, name: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive, archive.open(name) as source:
        yield source


def _is_inside(name: str) -> bool:
    pure = PurePosixPath(name)
    return not pure.is_absolute() and not any(part == ".." or "\\" in part or ":" in part for part in pure.parts)


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)
