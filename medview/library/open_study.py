"""Open a study of the list without reading the headers of its files again."""

from __future__ import annotations

import time
from dataclasses import replace
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
    from medview.files.dicom_sort import FoundStudy


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
        row = connection.execute("SELECT identity FROM study WHERE id = ?", (study_id,)).fetchone()
    if record is None:
        raise MedViewError("The study is no longer on the list.", "Import it again.")
    states: dict[FileRow, FileState] = {}
    for number, file in enumerate(record.parts):
        progress(0.2 * number / len(record.parts), "")
        states[file] = file.now
    there = [file.path for file, state in states.items() if state != FileState.MISSING]
    if not there:
        _note_states(database, store, study_id, states)
        raise _nowhere(record)
    if record.found is not None and len(there) == len(states) and _is_as_packed(record, states):
        if any(file.state != FileState.THERE for file in states):
            _note_states(database, store, study_id, states)
        return record.found
    again = read_again(there, row[0], store.folder, progress)
    if again is None:
        raise _nowhere(record)
    if record.found is None or not _is_less(record, states):
        _write(database, store, record, again, states)
    else:
        _note_states(database, store, study_id, states)
    return again


def _is_as_packed(record: StudyRecord, states: dict[FileRow, FileState]) -> bool:
    unchanged = all(state == FileState.THERE for state in states.values())
    return unchanged and record.found is not None and paths_of(record.found) == {file.path for file in states}


def _is_less(record: StudyRecord, states: dict[FileRow, FileState]) -> bool:
    """Whether the files are as they were except that some are missing: the study is whole again when they are back."""
    unchanged = all(state != FileState.CHANGED for state in states.values())
    return unchanged and record.found is not None and paths_of(record.found) == {file.path for file in states}


def _write(
    database: Database, store: Store, record: StudyRecord, again: FoundStudy, states: dict[FileRow, FileState]
) -> None:
    """Write a study as it was scanned again; missing files stay on the list as missing."""
    now = files_of(again)
    missing = [replace(f, state=s) for f, s in states.items() if s == FileState.MISSING]
    copies = [f for f in record.files if f.kind == FileKind.COPY]
    kept = {f.path for f in (*now, *missing, *copies)}
    gone = [f.path for f in record.files if f.path not in kept]
    with database.writing() as connection:
        write_record(connection, store.folder, again, [*copies, *missing, *now], gone)


def _note_states(database: Database, store: Store, study_id: int, states: dict[FileRow, FileState]) -> None:
    with database.writing() as connection:
        FileTable(connection, store.folder).set_state((file.path, state) for file, state in states.items())
        count_files(connection, study_id)


def _nowhere(record: StudyRecord) -> MedViewError:
    folders = sorted({str(row.path.parent) for row in record.parts})
    return MedViewError(
        "None of the {count} files of this study is where it was ({folder}).",
        "Connect the disk or share they lie on. If they have been moved, import the folder they are in now.",
        count=len(record.parts),
        folder=folders[0] if folders else "",
    )
