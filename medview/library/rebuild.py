"""Make the list anew from what lies in the store and in the folders that were linked."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from itertools import groupby
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.files.workers import Workers
from medview.library import notes
from medview.library.add_studies import add_studies
from medview.library.database import Database
from medview.library.open_study import current_study
from medview.library.reports import Rebuilt
from medview.library.rescan import rescan
from medview.library.roots import roots
from medview.library.scan_again import scan_again
from medview.library.store import Store
from medview.library.study_files import FileTable
from medview.library.study_record import packed_format
from medview.library.verify import verify
from medview.progress import Progress, part


def rebuild(
    database: Database, store: Store, progress: Progress, *, fresh: bool, workers: Workers | None = None
) -> Rebuilt:
    """Bring the list up to date with the files; see `Library.rebuild`."""
    said: tuple[Sentence, ...] = ()
    if fresh:
        database.start_anew()
        said = notes.restore(database)
    store.sweep()
    orphans = _add_orphans(database, store, part(progress, 0.0, 0.4), workers)
    with database.reading() as connection:
        folders = roots(connection)
    absent = []
    for number, (folder, deep) in enumerate(folders):
        span = part(progress, 0.4 + 0.4 * number / len(folders), 0.4 + 0.4 * (number + 1) / len(folders))
        if os.path.isdir(folder):
            rescan(database, store, Path(folder), copy=False, progress=span, deep=deep, workers=workers)
        else:
            absent.append(Path(folder))
    _read_stale(database, store, part(progress, 0.8, 0.9))
    checked = verify(database, store, part(progress, 0.9, 1.0))
    _take_over_dates(database)
    database.set_number("needs_rebuild", 0)
    return Rebuilt(checked.studies, checked.files, orphans, tuple(absent), said)


def _add_orphans(database: Database, store: Store, progress: Progress, workers: Workers | None) -> int:
    """Add the copies that no study has, and return how many there were."""
    files = store.files()
    with database.reading() as connection:
        table = FileTable(connection, store.folder)
        known = {folder: set(table.in_folder(str(folder))) for folder in {path.parent for path in files}}
    orphans = [path for path in files if path.name not in known[path.parent]]
    folders = [[str(path) for path in paths] for _, paths in groupby(orphans, key=lambda path: path.parent)]
    for number, paths in enumerate(folders):  # a study each: those without identifiers must not meet
        span = part(progress, number / len(folders), (number + 1) / len(folders))
        report = scan_again(paths, part(span, 0.0, 0.8), workers)
        add_studies(database, store, report, copy=False, progress=part(span, 0.8, 1.0))
    return len(orphans)


def _read_stale(database: Database, store: Store, progress: Progress) -> None:
    """Scan the studies that were packed by another version of the program, or whose files were changed."""
    with database.reading() as connection:
        ids = [
            row[0]
            for row in connection.execute(
                "SELECT s.id FROM study s LEFT JOIN packed p ON p.study_id = s.id "
                "WHERE p.format IS NOT ? OR s.files_changed > 0",
                (packed_format(store.folder),),
            )
        ]
    for number, study_id in enumerate(ids):
        progress(number / len(ids), "")
        with suppress(MedViewError):  # its disk is not connected: it is read when it is
            current_study(database, store, study_id, progress)


def _take_over_dates(database: Database) -> None:
    """Bring over when studies were added and opened, and the quota, from the index that was set aside last."""
    asides = sorted((database.path.parent / "set_aside").glob("*.sqlite"))
    if not asides or not database.number("needs_rebuild"):
        return
    rows, quota = [], None
    with suppress(sqlite3.Error), closing(sqlite3.connect(asides[-1])) as old:
        rows = old.execute("SELECT added_s, opened_s, identity FROM study").fetchall()
        quota = old.execute("SELECT value FROM meta WHERE name = 'quota_bytes'").fetchone()
    with database.writing() as connection:
        connection.executemany("UPDATE study SET added_s = ?, opened_s = ? WHERE identity = ?", rows)
        if quota:
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('quota_bytes', ?)", quota)
