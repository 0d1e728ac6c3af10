"""Look for every file on the list."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from medview.library.database import Database
from medview.library.reports import StudyCheck, Verified
from medview.library.store import Store
from medview.library.study_files import FileRow, FileState, FileTable
from medview.library.study_record import count_files
from medview.progress import Progress

_TOLD_EVERY = 50  # files


def verify(database: Database, store: Store, progress: Progress) -> Verified:
    """Note, study by study, which files are missing or have changed; see `Library.verify`."""
    with database.reading() as connection:
        files = list(FileTable(connection, store.folder).all_parts())
        (studies,) = connection.execute("SELECT count(*) FROM study").fetchone()
    troubled, done = [], 0
    for study_id, rows in groupby(files, key=lambda row: row.study_id):
        states = []
        for row in rows:
            done += 1
            if done % _TOLD_EVERY == 0:
                progress(done / len(files), "")
            states.append((row, row.now))
        check = _noted(database, store, study_id or 0, states)
        troubled += [check] if check is not None else []
    return Verified(studies, len(files), tuple(troubled))


def _noted(
    database: Database, store: Store, study_id: int, states: list[tuple[FileRow, FileState]]
) -> StudyCheck | None:
    """Write what has become of a study's files, and return it; None where all are as they were."""
    if any(row.state != state for row, state in states):
        with database.writing() as connection:
            FileTable(connection, store.folder).set_state((row.path, state) for row, state in states)
            count_files(connection, study_id)
    missing = tuple(Path(row.path) for row, state in states if state == FileState.MISSING)
    changed = tuple(Path(row.path) for row, state in states if state == FileState.CHANGED)
    return StudyCheck(study_id, missing, changed) if missing or changed else None
