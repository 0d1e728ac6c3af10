"""The large arrays of what models have found (maps, derived images, curves): a compressed file each, never a pickle."""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.atomic import write_error, written_whole
from medview.files.private_folder import private_folder

Arrays = Mapping[str, NDArray[Any]]
_CEILING_BYTES = 4 * 2**30  # of all studies together
_SPARED_S = 24 * 3600.0  # a file that no record names may be one whose record another program is about to write
_ENDING = ".npz"


class KeptArrays:
    """The files of arrays in one folder, in a folder for each study.

    Parameters
    ----------
    judged
        Which findings of a study (by its identity) a person has accepted or corrected: their arrays are never given up
        to make room for others. None where that is not known, which spares all of the study's.
    ceiling_bytes
        How much all of them may take; beyond that the oldest are given up that nobody has judged. A model can be run
        again.
    """

    def __init__(
        self, folder: Path, judged: Callable[[str], Iterable[str] | None], ceiling_bytes: int = _CEILING_BYTES
    ) -> None:
        self._folder = folder
        self._judged = judged
        self._ceiling_bytes = ceiling_bytes

    def write(self, identity: str, uid: str, arrays: Arrays) -> None:
        """Write the arrays of a finding, read them back and compare.

        Raises
        ------
        MedViewError
            The disk is full or may not be written, or there is no room below the ceiling.
        """
        path = self._path(identity, uid)
        try:
            private_folder(path.parent)
        except OSError as error:
            raise write_error(error, path) from error
        with written_whole(path) as beside:
            _pack(beside, arrays)
            if not _is_sound(beside):
                raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=path.name)
            self._make_room(beside.stat().st_size, path.parent)

    def read(self, identity: str, uid: str) -> dict[str, NDArray[Any]] | None:
        """Return the arrays of a finding, each by its name; None where they are no longer kept.

        Raises
        ------
        ValueError
            The file is damaged, or holds something else than arrays.
        """
        path = self._path(identity, uid)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except FileNotFoundError:
            return None
        except (OSError, EOFError, KeyError, TypeError, AttributeError, MemoryError, BadZipFile, zlib.error) as error:
            raise ValueError("damaged arrays") from error

    def sweep(self, identity: str, wanted: Iterable[str]) -> None:
        """Delete the files of a study that belong to no finding any more."""
        names, old = {_name(uid) for uid in wanted}, time.time() - _SPARED_S
        for path in (self._folder / identity).glob(f"*{_ENDING}"):
            if path.name not in names and _changed_s(path) < old:
                path.unlink(missing_ok=True)

    def _make_room(self, needed: int, own: Path) -> None:
        """Give up the oldest that nobody has judged, none of the study at hand; MedViewError where it is not enough."""
        there = sorted(self._folder.glob(f"*/[!.]*{_ENDING}"), key=_changed_s)  # none that is still being written
        excess = sum(map(_size, there)) + needed - self._ceiling_bytes
        for path in there:
            if excess <= 0:
                return
            if path.parent != own and not self._is_spared(path):
                excess -= _size(path)
                path.unlink(missing_ok=True)
        if excess > 0:
            raise MedViewError(
                "There is no room left for the images of models that are kept with studies.",
                "Save this one as a series if it is needed, and delete findings that are not.",
            )

    def _is_spared(self, path: Path) -> bool:
        judged = self._judged(path.parent.name)
        return judged is None or path.name in {_name(uid) for uid in judged}

    def _path(self, identity: str, uid: str) -> Path:
        return self._folder / identity / _name(uid)


def _name(uid: str) -> str:
    """Return the name of a finding's file; a hash, since what a damaged record calls itself is no name of a file."""
    return hashlib.sha256(uid.encode("utf-8", "surrogatepass")).hexdigest()[:32] + _ENDING


def _pack(path: Path, arrays: Arrays) -> None:
    """Write a npz file; numpy's own would take three times as long to make it a tenth smaller."""
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _is_sound(path: Path) -> bool:
    with ZipFile(path) as archive:
        return archive.testzip() is None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # another program has just deleted it
        return 0


def _changed_s(path: Path) -> float:
    try:
        return os.stat(path).st_mtime
    except FileNotFoundError:
        return 0.0
