"""Put scanned studies on the list, linked where they lie or copied into the store."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.files.scanning.dicom_scan import ScanReport
from medview.library import notes
from medview.library.copied_study import copied_study, stays_outside
from medview.library.database import Database
from medview.library.identity import study_identity
from medview.library.join_study import join_study, paths_of
from medview.library.relocated import relocated
from medview.library.reports import Added
from medview.library.roots import add_roots
from medview.library.store import Store
from medview.library.study_files import FileKind, FileRow, FileTable, files_of, time_mark
from medview.library.study_record import StudyRecord, edition_of, read_record, write_record
from medview.progress import Progress, part

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy


def add_studies(
    database: Database, store: Store, found: ScanReport | Iterable[FoundStudy], *, copy: bool, progress: Progress
) -> Added:
    """Add studies one after the other, each in a transaction of its own; see `Library.add`."""
    studies = [_absolute(study) for study in (found.studies if isinstance(found, ScanReport) else found)]
    if copy:
        store.sweep()
    _remember_folders(database, store, studies, copy=copy)
    added = Added()
    for number, study in enumerate(studies):
        progress(number / len(studies), "")
        span = part(progress, number / len(studies), (number + 1) / len(studies))
        added = _sum(added, _add(database, store, study, copy=copy, progress=span))
    if isinstance(found, ScanReport):
        _remember_others(database, store, found)
    return added


def _add(database: Database, store: Store, study: FoundStudy, *, copy: bool, progress: Progress) -> Added:
    identity = study_identity(study, store.folder)
    if not copy:
        return _written(database, store, study, identity, progress)
    with store.claimed(identity, progress), copied_study(store, study, identity, progress) as (copied, left_out):
        added = _written(database, store, copied, identity, progress)
    return replace(added, left_out=left_out)


def _written(database: Database, store: Store, study: FoundStudy, identity: str, progress: Progress) -> Added:
    """Join a study with what the list knows of it, and write it."""
    files = files_of(study)
    if not files:
        return Added()
    while True:
        with database.reading() as connection:
            record = read_record(connection, store.folder, identity=identity)
            alike = _alike(FileTable(connection, store.folder), record, files)
        joined = join_study(record, study, files, alike, identity, store, progress)
        with database.writing() as connection:
            if edition_of(connection, identity) != (record.edition if record else None):
                continue  # another program or thread was quicker: it is worked out anew
            number = write_record(connection, store.folder, joined.found, joined.files, joined.dropped)
        return replace(joined.added, study_ids=(number,))


def _alike(table: FileTable, record: StudyRecord | None, files: Sequence[FileRow]) -> dict[str, list[FileRow]]:
    """Return, for each file, those of the list that may be the same: by identifier, or by size where there is none."""
    named: dict[int | None, list[FileRow]] = defaultdict(list)
    for other in table.with_sops([row.sop for row in files if row.sop is not None]):
        named[other.sop].append(other)
    nameless = [row for row in record.parts if row.sop is None] if record else []
    found: dict[str, list[FileRow]] = {}
    for row in files:
        if row.sop is None:
            found[row.path] = [other for other in nameless if other.size == row.size and other.path != row.path]
        elif row.sop in named:
            found[row.path] = [other for other in named[row.sop] if other.path != row.path]
    return found


def _absolute(study: FoundStudy) -> FoundStudy:
    """Return a study whose paths hold wherever the program is started next time, and tell where the files lie."""
    loose = [Path(path) for path in paths_of(study) if not os.path.isabs(path) or _steps_up(path)]
    return relocated(study, {path: _firm(path) for path in loose}) if loose else study


def _steps_up(path: str) -> bool:
    return os.pardir in path and os.pardir in Path(path).parts  # taking apart the paths of thousands of files is dear


def _firm(path: Path) -> Path:
    if os.pardir not in path.parts:
        return path.absolute()
    return Path(os.path.realpath(path.parent), path.name)  # a step up may lead out of a link


def _remember_folders(database: Database, store: Store, studies: Sequence[FoundStudy], *, copy: bool) -> None:
    """Remember where linked files lie, so that a rebuild from nothing finds them."""
    linked = (path for study in studies for path in (stays_outside(study) if copy else paths_of(study)))
    folders = {os.path.dirname(path) for path in linked}
    with database.writing() as connection:
        if add_roots(connection, ((folder, False) for folder in sorted(folders) if not store.surrounds(folder))):
            notes.write(connection, database)


def _remember_others(database: Database, store: Store, report: ScanReport) -> None:
    """Note the files that are no images, so that another look at the folder need not read them."""
    rows = [_other(path, FileKind.OTHER, what) for path, what in report.other]
    rows += [_other(path, FileKind.REJECTED, why) for path, why in report.rejected]
    known = [row for row in rows if row is not None]
    if not known:
        return
    with database.writing() as connection:
        table = FileTable(connection, store.folder)
        owned = table.owned(row.path for row in known)
        table.put(row for row in known if row.path not in owned)
        table.set_said((row.path, row.said) for row in known if row.path in owned)


def _other(path: Path, kind: FileKind, said: Sentence) -> FileRow | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    text = json.dumps([said.template, {name: str(value) for name, value in said.values.items()}])
    return FileRow(str(_firm(path)), facts.st_size, time_mark(facts), kind=kind, said=text)


def _sum(one: Added, other: Added) -> Added:
    return Added(
        tuple(dict.fromkeys((*one.study_ids, *other.study_ids))),
        one.new_files + other.new_files,
        one.known_files + other.known_files,
        one.found_again + other.found_again,
        one.apart + other.apart,
        one.left_out + other.left_out,
    )
