"""Delete copies: because the person said so, or because the store is over its quota."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

from medview.errors import MedViewError, Sentence
from medview.files.edit_journal import read_head
from medview.files.journal_shelf import ENDING
from medview.library.database import Database
from medview.library.reports import Freed
from medview.library.store import Store
from medview.library.study_files import FileKind, FileTable
from medview.library.study_record import StudyRecord, mark_stale, read_record
from medview.progress import Progress

_UNSENT = Sentence("Results made from this study have been neither exported nor sent.")
_UNSAVED = Sentence("There are corrections on this study that have not been exported.")
_KEPT = Sentence("The study is marked to be kept.")
_LINKED = Sentence("The study lies outside the store, where it was found.")


def make_room(database: Database, store: Store, journals: Path, needed_bytes: int, progress: Progress) -> Freed:
    """Delete copies until the store is within its quota; see `Library.make_room`."""
    quota = database.number("quota_bytes")
    with database.reading() as connection:
        used = int(connection.execute("SELECT total(copied_bytes) FROM study").fetchone()[0])
        rows = connection.execute(
            "SELECT id FROM study WHERE copied_bytes > 0 ORDER BY coalesce(opened_s, added_s), id"
        ).fetchall()
    excess = used + needed_bytes - quota
    freed = Freed()
    if not quota or excess <= 0:
        return freed
    unsaved = _unsaved(journals)
    for (study_id,) in rows:
        if freed.freed_bytes >= excess:
            break
        progress(min(1.0, freed.freed_bytes / excess), "")
        freed = _sum(freed, _freed(database, store, study_id, unsaved, spares_kept=True))
    return replace(freed, is_enough=freed.freed_bytes >= excess)


def delete_copies(
    database: Database, store: Store, journals: Path, study_ids: Iterable[int], progress: Progress
) -> Freed:
    """Delete the copies of studies for good; see `Library.delete_copies`."""
    freed, unsaved = Freed(), _unsaved(journals)
    for study_id in study_ids:
        progress(0.0, "")
        freed = _sum(freed, _freed(database, store, study_id, unsaved, spares_kept=False))
    return freed


def _freed(database: Database, store: Store, study_id: int, unsaved: set[str], *, spares_kept: bool) -> Freed:
    """Delete the copies of one study, or say why not. The rows go first: a row never promises a file that is gone."""
    with database.writing() as connection:
        record = read_record(connection, store.folder, study_id=study_id)
        if record is None:
            return Freed()
        reason = _reason(connection, store, record, unsaved, spares_kept=spares_kept)
        if reason is not None:
            return Freed(left=((study_id, reason),))
        copies = [row for row in record.files if store.holds(row.path)]
        _write_without(connection, store, record)
    freed = sum(store.remove(row.path) for row in copies)
    return Freed((study_id,), len(copies), freed)


def _reason(
    connection: Connection, store: Store, record: StudyRecord, unsaved: set[str], *, spares_kept: bool
) -> Sentence | None:
    """Return why the copies of a study must stay, None where they may go."""
    unsent, kept = connection.execute(
        "SELECT (SELECT count(*) FROM result r WHERE r.identity = s.identity AND r.sent = 0), coalesce(n.kept, 0) "
        "FROM study s LEFT JOIN note n ON n.identity = s.identity WHERE s.id = ?",
        (record.id,),
    ).fetchone()
    if unsent:
        return _UNSENT
    if _is_drawn_on(connection, record, unsaved):
        return _UNSAVED
    if kept and spares_kept:
        return _KEPT
    return None if any(store.holds(row.path) for row in record.files) else _LINKED


def _is_drawn_on(connection: Connection, record: StudyRecord, unsaved: set[str]) -> bool:
    """Whether unsaved corrections lie on images of a study, or on a stack that was resampled from them."""
    stamps = {row[0] for row in connection.execute("SELECT stamp FROM series WHERE study_id = ?", (record.id,))}
    if stamps & unsaved or not unsaved:
        return bool(stamps & unsaved)
    if record.found is None:  # which stacks could be resampled is not known before it is opened again
        return True
    return any(replace(series, resampled_from=series).sop_hash in unsaved for series in record.found.series)


def _write_without(connection: Connection, store: Store, record: StudyRecord) -> None:
    """Take the copies out of the index; files that are linked become the study again when it is next opened."""
    table = FileTable(connection, store.folder)
    table.drop(row.path for row in record.files if store.holds(row.path))
    linked = [row for row in record.files if not store.holds(row.path)]
    table.put((replace(row, kind=FileKind.IN_STUDY) for row in linked), record.id)
    mark_stale(connection, record.id)


def _unsaved(journals: Path) -> set[str]:
    """Return the identities of the images that unsaved corrections lie on."""
    found = set()
    for path in journals.glob(f"*/*{ENDING}"):
        try:
            head = read_head(path)
        except FileNotFoundError:  # exported meanwhile
            continue
        except OSError as error:
            raise MedViewError(
                "Unsaved corrections cannot be read, so it is not known which studies they are of: nothing is deleted.",
                "Close other windows of MedView and try again.",
            ) from error
        found |= {head.sop_hash} if head is not None else set()
    return found


def _sum(one: Freed, other: Freed) -> Freed:
    return Freed(
        one.study_ids + other.study_ids,
        one.files + other.files,
        one.freed_bytes + other.freed_bytes,
        one.left + other.left,
    )
