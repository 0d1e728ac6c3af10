"""A scanned study copied into the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.library.relocated import relocated
from medview.library.scan_again import read_again
from medview.library.store import Store, StoredFile
from medview.library.study_files import FileRow, FileState, files_of
from medview.progress import Progress, part

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy

LeftOut = tuple[tuple[Path, Sentence], ...]
_CHANGED = Sentence("The file changed while it was imported: import it again.")
_VANISHED = Sentence("The file was no longer there.")


@contextmanager
def copied_study(
    store: Store, found: FoundStudy, identity: str, progress: Progress
) -> Iterator[tuple[FoundStudy, LeftOut]]:
    """Give a study whose files lie in the store, and what could not be copied and why.

    Where the block raises, or the copying itself does (disk full, cancel), the copies made here are removed again; the
    originals are only read. Files of formats other than DICOM stay where they are: some consist of several files that
    name each other.

    Raises
    ------
    MedViewError
        The disk is full or fails.
    """
    foreign = stays_outside(found)
    rows = [row for row in files_of(found) if row.path not in foreign and not store.holds(row.path)]
    stored: dict[str, StoredFile] = {}
    try:
        left = _copy(store, rows, identity, stored, progress)
        _take_back(store, {path: stored.pop(path) for path in left if path in stored})
        store.settle({copy.path.parent for copy in stored.values()})
        moved = relocated(found, {Path(path): copy.path for path, copy in stored.items()})
        if left:
            there = [row.path for row in files_of(moved) if row.path not in left]
            moved = read_again(there, identity, store.folder, progress) or replace(moved, series=(), objects=())
        yield moved, tuple((Path(path), why) for path, why in left.items())
    except BaseException:
        _take_back(store, stored)
        raise


def _copy(
    store: Store, rows: Sequence[FileRow], identity: str, stored: dict[str, StoredFile], progress: Progress
) -> dict[str, Sentence]:
    """Copy files, noting each in `stored`, and return why some could not be."""
    left: dict[str, Sentence] = {}
    for number, row in enumerate(rows):
        progress(number / len(rows), "")
        try:
            copy = store.put(Path(row.path), identity, part(progress, number / len(rows), number / len(rows)))
        except OSError:
            left[row.path] = _VANISHED
            continue
        stored[row.path] = copy
        if row.now != FileState.THERE:
            left[row.path] = _CHANGED
    return left


def stays_outside(found: FoundStudy) -> set[str]:
    """Return the files of a study that are never copied."""
    return {str(i.path) for s in found.series if s.file_format != "DICOM" for i in s.instances}


def _take_back(store: Store, stored: Mapping[str, StoredFile]) -> None:
    """Remove copies that were made for nothing; what was in the store before stays."""
    for copy in stored.values():
        if copy.is_new:
            store.remove(copy.path)
