"""The files of the index: where they lie, what they were like when they were read, and which study they belong to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING

from medview.library.identity import sop_number

if TYPE_CHECKING:
    from medview.files.dicom_sort import FoundStudy


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


@dataclass(frozen=True)
class FileRow:
    """A file as it was read. `sop` is `identity.sop_number`'s."""

    path: Path
    size: int
    mtime_ns: int
    study_id: int | None = None
    sop: int | None = None
    kind: FileKind = FileKind.IN_STUDY
    state: FileState = FileState.THERE
    said: str | None = None

    @property
    def now(self) -> FileState:
        """What a look at the disk says of it."""
        try:
            facts = os.stat(self.path)
        except OSError:
            return FileState.MISSING
        same = facts.st_size == self.size and facts.st_mtime_ns == self.mtime_ns
        return FileState.THERE if same else FileState.CHANGED


_COLUMNS = "d.in_store, d.path, f.name, f.size, f.mtime_ns, f.study_id, f.sop, f.kind, f.state, f.said"


class FileTable:
    """Reads and writes the rows of files through one connection.

    Parameters
    ----------
    store
        Folder of the copies: paths in it are kept relative to it, so that it can be moved.
    """

    def __init__(self, connection: Connection, store: Path) -> None:
        self._connection = connection
        self._store = store
        self._folders: dict[Path, int] = {}

    def of_study(self, study_id: int) -> list[FileRow]:
        """Return the files of a study, its copies of files included, in the order of paths."""
        return list(self._rows("f.study_id = ? ORDER BY d.path, f.name", study_id))

    def with_sop(self, sop: int) -> list[FileRow]:
        """Return the files that carry a SOP Instance UID and are part of a study."""
        return list(self._rows("f.sop = ? AND f.kind = ?", sop, FileKind.IN_STUDY))

    def in_folder(self, folder: str) -> dict[str, tuple[int, int, int | None, int, int, str | None]]:
        """Return size, mtime_ns, study id, kind, state and what was said of each file of one folder, by name."""
        rows = self._connection.execute(
            "SELECT f.name, f.size, f.mtime_ns, f.study_id, f.kind, f.state, f.said FROM folder d JOIN file f "
            "ON f.folder_id = d.id WHERE d.in_store = ? AND d.path = ?",
            self._place(Path(folder)),
        )
        return {_text(row[0]): row[1:] for row in rows}

    def folders_below(self, root: str) -> list[str]:
        """Return the folders of the index that are `root` or lie below it, outside the store."""
        rows = self._connection.execute("SELECT path FROM folder WHERE in_store = 0").fetchall()
        inside = os.path.join(root, "")
        return [path for path in (_text(row[0]) for row in rows) if path == root or path.startswith(inside)]

    def owned(self, paths: Iterable[Path]) -> dict[Path, int]:
        """Return the studies that files belong to as the index has it; files that belong to none are left out."""
        wanted: dict[Path, set[Path]] = {}
        for path in paths:
            wanted.setdefault(path.parent, set()).add(path)
        found = {}
        for folder, files in wanted.items():
            known = self.in_folder(str(folder))
            for path in files:
                facts = known.get(path.name)
                if facts is not None and facts[2] is not None:
                    found[path] = facts[2]
        return found

    def set_said(self, rows: Iterable[tuple[Path, str | None]]) -> None:
        """Write what a scan said of files that it did not count as images."""
        self._connection.executemany(
            "UPDATE file SET said = ? WHERE folder_id = ? AND name = ?",
            ((said, self._folder(path.parent), _kept(path.name)) for path, said in rows),
        )

    def all_paths(self) -> Iterator[FileRow]:
        """Yield every file that is part of a study, study by study."""
        return self._rows("f.kind = ? ORDER BY f.study_id, d.path, f.name", FileKind.IN_STUDY)

    def put(self, rows: Iterable[FileRow]) -> None:
        """Write rows, in place of those of the same paths."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO file (folder_id, name, size, mtime_ns, study_id, sop, kind, state, said) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (self._folder(r.path.parent), _kept(r.path.name), r.size, r.mtime_ns, r.study_id, r.sop, r.kind,
                 r.state, r.said)
                for r in rows
            ),
        )  # fmt: skip

    def drop(self, paths: Iterable[Path]) -> None:
        """Remove the rows of paths."""
        self._connection.executemany(
            "DELETE FROM file WHERE folder_id = ? AND name = ?",
            ((self._folder(path.parent), _kept(path.name)) for path in paths),
        )

    def set_state(self, rows: Iterable[tuple[Path, FileState]]) -> None:
        """Write what a look for files has found."""
        self._connection.executemany(
            "UPDATE file SET state = ? WHERE folder_id = ? AND name = ?",
            ((state, self._folder(path.parent), _kept(path.name)) for path, state in rows),
        )

    def _rows(self, condition: str, *values: object) -> Iterator[FileRow]:
        found = self._connection.execute(
            f"SELECT {_COLUMNS} FROM file f JOIN folder d ON d.id = f.folder_id WHERE {condition}", values
        )
        folders: dict[tuple[int, str], Path] = {}
        for in_store, place, name, size, mtime_ns, study_id, sop, kind, state, said in found:
            folder = folders.get((in_store, place))
            if folder is None:
                folder = folders[in_store, place] = Path(self._store if in_store else "", _text(place))
            yield FileRow(
                folder / _text(name), size, mtime_ns, study_id, sop, FileKind(kind), FileState(state), said
            )  # fmt: skip

    def _folder(self, folder: Path) -> int:
        """Return the number of a folder, a new one where it has none."""
        if folder not in self._folders:
            place = self._place(folder)
            self._connection.execute("INSERT OR IGNORE INTO folder (in_store, path) VALUES (?, ?)", place)
            row = self._connection.execute("SELECT id FROM folder WHERE in_store = ? AND path = ?", place).fetchone()
            self._folders[folder] = int(row[0])
        return self._folders[folder]

    def _place(self, folder: Path) -> tuple[int, str | bytes]:
        if folder.is_relative_to(self._store):
            return 1, _kept(folder.relative_to(self._store).as_posix())
        return 0, _kept(str(folder))


def files_of(found: FoundStudy) -> list[FileRow]:
    """Return the files of a scanned study as they were when they were read; one that has vanished is left out."""
    rows: dict[Path, FileRow] = {}
    for series in found.series:
        for instance in series.instances:
            if instance.path in rows:
                continue
            pixels, sop = instance.pixels, sop_number(instance.sop_instance_uid)
            if pixels is not None:
                rows[instance.path] = FileRow(instance.path, pixels.file_size, pixels.file_mtime_ns, sop=sop)
            else:
                _look_up(rows, instance.path, sop)
    for one in found.objects:
        _look_up(rows, one.path, sop_number(one.sop_instance_uid))
    return list(rows.values())


def _look_up(rows: dict[Path, FileRow], path: Path, sop: int | None) -> None:
    try:
        facts = path.stat()
    except OSError:
        return
    rows[path] = FileRow(path, facts.st_size, facts.st_mtime_ns, sop=sop)


def _kept(text: str) -> str | bytes:
    """Return a path as SQLite can hold it: as its bytes where it is no valid text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text)
    return text


def _text(kept: str | bytes) -> str:
    return os.fsdecode(kept) if isinstance(kept, bytes) else kept
