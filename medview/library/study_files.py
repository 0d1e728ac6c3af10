"""The files of the index: where they lie, what they were like when they were read, and which study they belong to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING

from medview.library.identity import IDENTITY, sop_number
from medview.library.split_path import split_path

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy


class FileKind(IntEnum):
    """What a file is to its study, or that it belongs to none."""

    IN_STUDY = 0  # its images or its object are part of the study
    COPY = 1  # the same bytes as a file that is part of the study
    OTHER = 2  # no image
    REJECTED = 3


class FileState(IntEnum):
    """What the last look for a file found."""

    THERE = 0
    MISSING = 1
    CHANGED = 2


@dataclass(frozen=True, eq=False, slots=True)
class FileRow:
    """A file as it was read.

    Attributes
    ----------
    path
        As text: there are many of them.
    time_mark
        `time_mark` of what the system says of it.
    study_id
        None where it belongs to none, or to one that has no number yet.
    sop
        `identity.sop_number` of its SOP Instance UID.
    kind, state
        A `FileKind` and a `FileState`.
    said
        What a scan said of a file that it did not count as an image: template and values of the sentence, as JSON.
    """

    path: str
    size: int
    time_mark: int
    study_id: int | None = None
    sop: int | None = None
    kind: int = FileKind.IN_STUDY
    state: int = FileState.THERE
    said: str | None = None

    @property
    def now(self) -> FileState:
        """What a look at the disk says of it."""
        try:
            facts = os.stat(self.path)
        except OSError:
            return FileState.MISSING
        same = facts.st_size == self.size and time_mark(facts) == self.time_mark
        return FileState.THERE if same else FileState.CHANGED


_MOST = 2**63 - 1  # of SQLite's numbers
_AS_NO_FILE = -1  # a time mark
_COLUMNS = "d.in_store, d.path, f.name, f.size, f.mtime_ns, f.study_id, f.sop, f.kind, f.state, f.said"
_JOINED = f"SELECT {_COLUMNS} FROM file f JOIN folder d ON d.id = f.folder_id"

# name, size, time mark, study id, kind, state, what was said
FileFacts = tuple[str | bytes, int, int, int | None, int, int, str | None]


class FileTable:
    """Reads and writes the rows of files through one connection.

    Parameters
    ----------
    store
        Folder of the copies: paths in it are kept relative to it, so that it can be moved.
    """

    def __init__(self, connection: Connection, store: Path) -> None:
        self._connection = connection
        self._store = str(store)
        self._folders: dict[str, int] = {}

    def of_study(self, study_id: int) -> list[FileRow]:
        """Return the files of a study, its copies of files included, in the order of paths."""
        return list(self._rows(f"{_JOINED} WHERE f.study_id = ? ORDER BY d.path, f.name", study_id))

    def with_sops(self, sops: Sequence[int]) -> list[FileRow]:
        """Return the files that are part of a study and carry one of some SOP Instance UIDs."""
        text = f"{_JOINED} JOIN json_each(?) j ON f.sop = j.value WHERE f.kind = ?"
        return list(self._rows(text, json.dumps(sops), FileKind.IN_STUDY))

    def in_folder(self, folder: str) -> dict[str, FileFacts]:
        """Return what is known of each file of one folder, by name."""
        rows = self._connection.execute(
            "SELECT f.name, f.size, f.mtime_ns, f.study_id, f.kind, f.state, f.said FROM folder d JOIN file f "
            "ON f.folder_id = d.id WHERE d.in_store = ? AND d.path = ?",
            self._place(folder),
        )
        known = {row[0]: row for row in rows}
        for name in [name for name in known if isinstance(name, bytes)]:
            known[os.fsdecode(name)] = known.pop(name)
        return known

    def folders_below(self, root: str) -> list[str]:
        """Return the folders of the index that are `root` or lie below it, outside the store."""
        rows = self._connection.execute("SELECT path FROM folder WHERE in_store = 0").fetchall()
        inside = os.path.join(root, "")
        return [path for path in (_text(row[0]) for row in rows) if path == root or path.startswith(inside)]

    def owned(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the studies that files belong to as the index has it; files that belong to none are left out."""
        wanted: dict[str, list[tuple[str, str]]] = {}
        for path in paths:
            folder, name = split_path(path)
            wanted.setdefault(folder, []).append((name, path))
        found = {}
        for folder, files in wanted.items():
            known = self.in_folder(folder)
            for name, path in files if known else ():
                owner = known[name][3] if name in known else None
                if owner is not None:
                    found[path] = owner
        return found

    def all_parts(self) -> Iterator[FileRow]:
        """Yield every file that is part of a study, study by study."""
        return self._rows(f"{_JOINED} WHERE f.kind = ? ORDER BY f.study_id, d.path, f.name", FileKind.IN_STUDY)

    def put(self, rows: Iterable[FileRow], study_id: int | None = None) -> None:
        """Write rows, in place of those of the same paths, as files of a study."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO file (size, mtime_ns, study_id, sop, kind, state, said, folder_id, name) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(r.size, r.time_mark, study_id, r.sop, r.kind, r.state, r.said, *self._key(r.path)) for r in rows],
        )

    def drop(self, paths: Iterable[str]) -> None:
        """Remove the rows of paths."""
        keys = [self._key(path) for path in paths]
        self._connection.executemany("DELETE FROM file WHERE folder_id = ? AND name = ?", keys)

    def set_state(self, rows: Iterable[tuple[str, int]]) -> None:
        """Write what a look for files has found."""
        keys = [(state, *self._key(path)) for path, state in rows]
        self._connection.executemany("UPDATE file SET state = ? WHERE folder_id = ? AND name = ?", keys)

    def set_said(self, rows: Iterable[tuple[str, str | None]]) -> None:
        """Write what a scan said of files that it did not count as images."""
        keys = [(said, *self._key(path)) for path, said in rows]
        self._connection.executemany("UPDATE file SET said = ? WHERE folder_id = ? AND name = ?", keys)

    def _rows(self, query: str, *values: object) -> Iterator[FileRow]:
        folders: dict[tuple[int, str], str] = {}
        for in_store, place, name, *facts in self._connection.execute(query, values):
            folder = folders.get((in_store, place))
            if folder is None:
                # with the separator of folder and name at its end
                folder = os.path.join(self._store if in_store else "", _text(place), "")
                folders[in_store, place] = folder
            yield FileRow(folder + _text(name), *facts)

    def _key(self, path: str) -> tuple[int, str | bytes]:
        """Return the number of a file's folder, a new one where it has none, and its name."""
        folder, name = split_path(path)
        number = self._folders.get(folder)
        if number is None:
            place = self._place(folder)
            self._connection.execute("INSERT OR IGNORE INTO folder (in_store, path) VALUES (?, ?)", place)
            row = self._connection.execute("SELECT id FROM folder WHERE in_store = ? AND path = ?", place).fetchone()
            number = self._folders[folder] = int(row[0])
        return number, _kept(name)

    def _place(self, folder: str) -> tuple[int, str | bytes]:
        inside = os.path.join(self._store, "")
        if folder.startswith(inside) and IDENTITY.fullmatch(folder, len(inside)):
            return 1, _kept(folder[len(inside) :].replace(os.sep, "/"))
        return 0, _kept(folder)


def files_of(found: FoundStudy) -> list[FileRow]:
    """Return the files of a scanned study as they were when they were read; an object that has vanished is left out."""
    rows: dict[str, FileRow | None] = {}
    for series in found.series:
        for instance in series.instances:
            path = str(instance.path)
            if path in rows:
                continue
            pixels, sop = instance.pixels, sop_number(instance.sop_instance_uid)
            scanned = (pixels.file_size, pixels.file_mtime_ns) if pixels is not None else None
            rows[path] = _looked_up(path, sop, scanned)
    for one in found.objects:
        path = str(one.path)
        rows[path] = _looked_up(path, sop_number(one.sop_instance_uid))
    return [row for row in rows.values() if row is not None]


def _looked_up(path: str, sop: int | None, scanned: tuple[int, int] | None = None) -> FileRow | None:
    """Return the row of a file; one that is not of the (size, time) it was scanned with counts as changed."""
    try:
        facts = os.stat(path)
    except OSError:
        return FileRow(path, scanned[0], _AS_NO_FILE, sop=sop) if scanned is not None else None
    is_as_scanned = scanned is None or scanned == (facts.st_size, facts.st_mtime_ns)
    return FileRow(path, facts.st_size, time_mark(facts) if is_as_scanned else _AS_NO_FILE, sop=sop)


def time_mark(facts: os.stat_result) -> int:
    """Return a number that is another one after a file was changed or another file took its place.

    What was copied or unpacked keeps the time of change that it came with: files of one size, with the times of one
    archive, may take each other's places. The time at which the system last noted a change of the file is not theirs.
    """
    return (facts.st_mtime_ns + facts.st_ctime_ns) & _MOST


def _kept(text: str) -> str | bytes:
    """Return a path as SQLite can hold it: as its bytes where it is no valid text."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text)
    return text


def _text(kept: str | bytes) -> str:
    return kept if isinstance(kept, str) else os.fsdecode(kept)
