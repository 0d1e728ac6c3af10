"""Open a study of the list without reading the headers of its files again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from os.path import dirname
from typing import TYPE_CHECKING

from medview.errors import MedViewError
from medview.library.database import Database
from medview.library.join_study import paths_of
from medview.library.scan_again import read_again
from medview.library.store import Store
from medview.library.study_files import FileKind, FileRow, FileState, FileTable, files_of
from medview.library.study_record import StudyRecord, count_files, read_record, write_record
from medview.progress import Progress

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy

_TOLD_EVERY = 50  # files


def open_study(database: Database, store: Store, study_id: int, progress: Progress) -> FoundStudy:
    """Return a study as a scan of its files would, and mark it as opened; see `Library.open_study`."""
    found = current_study(database, store, study_id, progress)
    with database.writing() as connection:
        connection.execute("UPDATE study SET opened_s = ? WHERE id = ?", (time.time(), study_id))
    return found


def current_study(database: Database, store: Store, study_id: int, progress: Progress) -> FoundStudy:
    """Return a study as its files are now; what has changed is scanned again, what is missing noted.

    Raises
    ------
    MedViewError
        It is not on the list, or none of its files is there.
    """
    with database.reading() as connection:
        record = read_record(connection, store.folder, study_id=study_id)
    if record is None:
        raise MedViewError("The study is no longer on the list.", "Import it again.")
    states = _look(record.parts, progress)
    there = [row.path for row in states if row.state != FileState.MISSING]
    is_as_before = not any(row.state == FileState.CHANGED for row in states) and _is_packed(record)
    if is_as_before and len(there) == len(states) and record.found is not None:
        _note_states(database, store, record, states)
        return record.found
    again = read_again(there, record.identity, store.folder, progress) if there else None
    if is_as_before or again is None:  # when what is missing comes back, the study is whole again
        _note_states(database, store, record, states)
    else:
        _write(database, store, record, again, states)
    if again is None:
        raise _nowhere(record)
    return again


def _look(parts: Sequence[FileRow], progress: Progress) -> list[FileRow]:
    """Return the files with their states as they are now."""
    found = []
    for number, row in enumerate(parts):
        if number % _TOLD_EVERY == 0:
            progress(0.2 * number / len(parts), "")
        now = row.now
        found.append(row if row.state == now else replace(row, state=now))
    return found


def _is_packed(record: StudyRecord) -> bool:
    """Whether the study as it was packed is made of just the files it has on the list."""
    return record.found is not None and paths_of(record.found) == {row.path for row in record.parts}


def _write(database: Database, store: Store, record: StudyRecord, again: FoundStudy, states: Sequence[FileRow]) -> None:
    """Write a study as it was scanned again; missing files stay on the list as missing."""
    now = files_of(again)
    missing = [row for row in states if row.state == FileState.MISSING]
    copies = [row for row in record.files if row.kind == FileKind.COPY]
    kept = {row.path for row in (*now, *missing, *copies)}
    gone = [row.path for row in record.files if row.path not in kept]
    with database.writing() as connection:
        write_record(connection, store.folder, again, [*copies, *missing, *now], gone)


def _note_states(database: Database, store: Store, record: StudyRecord, states: Sequence[FileRow]) -> None:
    """Write which files are missing, where that is another set than before."""
    changed = [(new.path, new.state) for old, new in zip(record.parts, states, strict=True) if new is not old]
    if changed:
        with database.writing() as connection:
            FileTable(connection, store.folder).set_state(changed)
            count_files(connection, record.id)


def _nowhere(record: StudyRecord) -> MedViewError:
    folders = sorted({dirname(row.path) for row in record.parts})
    return MedViewError(
        "{count} {count:file|files} of this study: none is where it was ({folder}).",
        "Connect the disk or share they lie on. If they have been moved, import the folder they are in now.",
        count=len(record.parts),
        folder=folders[0] if folders else "",
    )
