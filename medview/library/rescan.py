"""Look through folders again, reading only what is new or has changed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from medview.errors import MedViewError, Sentence
from medview.files.scanning.dicom_scan import ScanReport
from medview.files.scanning.file_listing import reason
from medview.files.scanning.findings import SPECIAL
from medview.files.workers import Workers
from medview.library import notes
from medview.library.add_studies import add_studies
from medview.library.database import Database
from medview.library.join_study import paths_of
from medview.library.reports import Added, Rescan
from medview.library.roots import add_roots
from medview.library.scan_again import scan_again
from medview.library.store import Store
from medview.library.study_files import FileFacts, FileKind, FileState, FileTable, time_mark
from medview.library.study_record import count_files, mark_stale
from medview.progress import Progress, part


@dataclass
class Look:
    """What a folder holds, compared with the index; nothing has been read.

    `unchanged` counts files that are as the index knows them; `others` are those of them that are no images.
    """

    unchanged: int = 0
    study_ids: set[int | None] = field(default_factory=set)
    new: list[str] = field(default_factory=list)
    changed: list[tuple[str, int | None]] = field(default_factory=list)
    gone: list[tuple[str, int | None, int]] = field(default_factory=list)
    back: list[tuple[str, int]] = field(default_factory=list)
    others: list[tuple[Path, Sentence]] = field(default_factory=list)
    rejected: list[tuple[Path, Sentence]] = field(default_factory=list)


def look(table: FileTable, roots: Iterable[tuple[str, bool]], progress: Progress, spared: str = "") -> Look:
    """Compare folders and files with the index, by size and time of each.

    Parameters
    ----------
    roots
        (path, whether to look below it). Absolute paths.
    spared
        A folder that is not looked into: the library's own.

    Raises
    ------
    MedViewError
        A root does not exist.
    """
    found, seen = Look(), set[tuple[int, int]]()
    for root, deep in roots:
        if os.path.isdir(root):
            walked = set()
            for folder, entries in _folders(root, deep, seen, spared):
                progress(0.0, "")
                walked.add(folder)
                if isinstance(entries, OSError):  # what may not be read is not known to be gone
                    why = Sentence("The file cannot be read: {reason}", {"reason": reason(entries)})
                    found.rejected.append((Path(folder), why))
                else:
                    _compare(table, folder, entries, found)
            for folder in table.folders_below(root) if deep else [root]:
                if folder not in walked:
                    _compare(table, folder, [], found)
        elif os.path.lexists(root):
            _compare(table, os.path.dirname(root), [_Entry(root)], found, only=os.path.basename(root))
        else:
            raise MedViewError("{path} does not exist.", "Check the name, or choose the folder again.", path=root)
    return found


def rescan(
    database: Database,
    store: Store,
    path: Path | Sequence[Path],
    *,
    copy: bool,
    progress: Progress,
    deep: bool = True,
    workers: Workers | None = None,
) -> Rescan:
    """Look through folders and add what is new or changed; see `Library.rescan`."""
    paths = [path] if isinstance(path, str | os.PathLike) else path
    roots = [(os.path.abspath(one), deep) for one in paths]
    progress(0.0, "Listing files")
    with database.reading() as connection:
        found = look(FileTable(connection, store.folder), roots, progress, str(store.folder.parent))
    added, report = Added(), ScanReport((), 0, (), ())
    if found.new or found.changed:
        wanted = _wanted(database, store, found)
        report = scan_again(wanted, part(progress, 0.0, 0.8), workers)
        _let_go(database, store, found, report)
        added = add_studies(database, store, report, copy=copy, progress=part(progress, 0.8, 1.0))
    _note(database, store, found, [] if copy else [(root, deep) for root, deep in roots if os.path.isdir(root)])
    return Rescan(
        tuple(dict.fromkeys((*sorted(number for number in found.study_ids if number is not None), *added.study_ids))),
        found.unchanged,
        len(found.new),
        len(found.changed),
        tuple(Path(path) for path, _, _ in found.gone),
        added,
        (*found.others, *report.other),
        (*found.rejected, *report.rejected),
    )


class _Entry:
    """A file named by a person, in the shape of what a listing gives."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = os.path.basename(path)

    def stat(self) -> os.stat_result:
        return os.stat(self.path)


def _folders(
    root: str, deep: bool, seen: set[tuple[int, int]], spared: str
) -> Iterator[tuple[str, list[os.DirEntry[str]] | OSError]]:
    """Yield each folder with its files, or why it cannot be read; each once however it is linked."""
    facts = os.stat(root)
    if ((facts.st_dev, facts.st_ino) in seen and facts.st_ino) or root == spared:
        return
    seen.add((facts.st_dev, facts.st_ino))
    folders: list[os.DirEntry[str]] = []
    files: list[os.DirEntry[str]] = []
    try:
        with os.scandir(root) as listing:
            for entry in listing:
                try:
                    (folders if entry.is_dir() else files).append(entry)
                except OSError:  # a link that points to itself
                    files.append(entry)
    except OSError as error:
        yield root, error
        return
    yield root, files
    for entry in sorted(folders, key=lambda folder: folder.name) if deep else ():
        yield from _folders(entry.path, deep, seen, spared)


def _compare(
    table: FileTable, folder: str, entries: Sequence[os.DirEntry[str] | _Entry], found: Look, only: str = ""
) -> None:
    """Tell the files of one folder apart: as they were, new, changed, gone."""
    known = table.in_folder(folder)
    for entry in entries:
        row = known.pop(entry.name, None)
        try:
            facts = entry.stat()
        except OSError:  # a link to nothing
            found.others.append((Path(entry.path), SPECIAL))
            continue
        if row is None:
            if S_ISREG(facts.st_mode):
                found.new.append(entry.path)
            else:
                found.others.append((Path(entry.path), SPECIAL))
        elif row[1] == facts.st_size and row[2] == time_mark(facts):
            found.unchanged += 1
            if row[4] == FileKind.IN_STUDY and row[5] == FileState.THERE and row[6] is None:
                found.study_ids.add(row[3])
            else:
                _note_unchanged(entry.path, row, found)
        else:
            found.changed.append((entry.path, row[3]))
    for name, row in known.items():
        if not only or name == only:
            found.gone.append((os.path.join(folder, name), row[3], row[5]))


def _note_unchanged(path: str, row: FileFacts, found: Look) -> None:
    """Note what is particular about a file that is as it was: it was missing, or is no image."""
    _, _, _, study_id, kind, state, said = row
    sentence = Sentence(*json.loads(said)) if said else Sentence("copy of another file")
    if study_id is None and kind != FileKind.REJECTED:
        found.others.append((Path(path), sentence))
    elif study_id is not None:
        found.study_ids.add(study_id)
        if state != FileState.THERE:
            found.back.append((path, study_id))
        if said or kind == FileKind.COPY:
            found.others.append((Path(path), sentence))
    elif kind == FileKind.REJECTED:
        found.rejected.append((Path(path), sentence))


def _wanted(database: Database, store: Store, found: Look) -> list[str]:
    """Return the files to scan: new and changed ones, and the others of the studies that changed ones were part of."""
    changed = {path for path, _ in found.changed}
    wanted = {*found.new, *changed}
    with database.reading() as connection:
        table = FileTable(connection, store.folder)
        for study_id in {study_id for _, study_id in found.changed if study_id is not None}:
            rows = table.of_study(study_id)
            wanted |= {row.path for row in rows if row.kind == FileKind.IN_STUDY and row.now != FileState.MISSING}
    return sorted(wanted)


def _let_go(database: Database, store: Store, found: Look, report: ScanReport) -> None:
    """Take changed files from their studies that are no part of any study now."""
    now = {path for study in report.studies for path in paths_of(study)}
    lost = [(path, study_id) for path, study_id in found.changed if path not in now]
    if lost:
        with database.writing() as connection:
            FileTable(connection, store.folder).drop(path for path, _ in lost)
            for study_id in {study_id for _, study_id in lost if study_id is not None}:
                mark_stale(connection, study_id)


def _note(database: Database, store: Store, found: Look, roots: list[tuple[str, bool]]) -> None:
    """Write what is gone and what is back, and where the person looks for studies."""
    gone = [(path, study_id) for path, study_id, state in found.gone if state != FileState.MISSING]
    with database.writing() as connection:
        table = FileTable(connection, store.folder)
        table.drop(path for path, study_id in gone if study_id is None)
        table.set_state((path, FileState.MISSING) for path, study_id in gone if study_id is not None)
        table.set_state((path, FileState.THERE) for path, _ in found.back)
        for study_id in {study_id for _, study_id in (*gone, *found.back) if study_id is not None}:
            count_files(connection, study_id)
        if add_roots(connection, roots):
            notes.write(connection, database)
