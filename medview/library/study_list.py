"""The list of studies, read."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING

from medview.library.database import Database
from medview.library.identity import study_identity
from medview.library.query import Column, Query, order_by
from medview.library.reports import Usage
from medview.library.series_facts import series_row
from medview.library.study_row import STATUSES, SeriesRow, StudyRow
from medview.study.series import Patient, StudyFacts

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy

_FROM = "FROM study s JOIN search t ON t.study_id = s.id LEFT JOIN note n ON n.identity = s.identity"
_COLUMNS = """s.id, s.identity, s.study_instance_uid, s.study_date, s.study_time, s.study_description,
    s.accession_number, s.institution_name, s.patient_name, s.patient_id, s.patient_birth_date, s.patient_sex,
    s.modalities, s.series_count, s.image_count, s.object_count, s.size_bytes, s.copied_bytes, s.files_missing,
    s.files_changed, s.added_s, s.opened_s, n.status, n.comment, n.kept,
    (SELECT count(*) FROM result r WHERE r.identity = s.identity AND r.sent = 0),
    (SELECT group_concat(album_id) FROM album_member m WHERE m.identity = s.identity)"""


def search(
    database: Database, query: Query, order: Column, descending: bool, limit: int, offset: int
) -> tuple[StudyRow, ...]:
    """Return `limit` studies that a query asks for, from `offset`."""
    condition, values = query.condition()
    text = f"SELECT s.id {_FROM} WHERE {condition} ORDER BY {order_by(order, descending=descending)} LIMIT ? OFFSET ?"
    with database.reading() as connection:
        ids = [row[0] for row in connection.execute(text, (*values, limit, offset))]
        rows = [_one(connection, "s.id", number) for number in ids]
    return tuple(row for row in rows if row is not None)


def count(database: Database, query: Query) -> int:
    """Return how many studies a query asks for."""
    with database.reading() as connection:
        return counted(connection, query)


def counted(connection: Connection, query: Query) -> int:
    """Return how many studies a query asks for, in an open transaction."""
    condition, values = query.condition()
    return int(connection.execute(f"SELECT count(*) {_FROM} WHERE {condition}", values).fetchone()[0])


def study(database: Database, study_id: int) -> StudyRow | None:
    """Return the row of a study, None where it is not on the list."""
    with database.reading() as connection:
        return _one(connection, "s.id", study_id)


def study_of(database: Database, found: FoundStudy, store: Path) -> StudyRow | None:
    """Return the row of a scanned study, None where it is not on the list."""
    with database.reading() as connection:
        return _one(connection, "s.identity", study_identity(found, store))


def series(database: Database, study_id: int) -> tuple[SeriesRow, ...]:
    """Return the stacks and objects of a study in their order."""
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT s.facts, t.picture IS NOT NULL FROM series s LEFT JOIN thumbnail t "
            "ON t.study_id = s.study_id AND t.key = s.key AND t.stamp = s.stamp "
            "WHERE s.study_id = ? ORDER BY s.position",
            (study_id,),
        ).fetchall()
    return tuple(series_row(facts, has_thumbnail=bool(pictured)) for facts, pictured in rows)


def modalities(database: Database) -> tuple[str, ...]:
    """Return every modality on the list."""
    with database.reading() as connection:
        rows = connection.execute("SELECT DISTINCT modalities FROM study").fetchall()
    return tuple(sorted({modality for (text,) in rows for modality in text.split()}))


def usage(database: Database) -> Usage:
    """Return how much there is."""
    quota = database.number("quota_bytes")
    with database.reading() as connection:
        studies, stacks, images, size, copied = connection.execute(
            "SELECT count(*), total(series_count), total(image_count), total(size_bytes), total(copied_bytes) "
            "FROM study"
        ).fetchone()
        (files,) = connection.execute("SELECT count(*) FROM file WHERE study_id IS NOT NULL AND kind = 0").fetchone()
    return Usage(studies, int(stacks), int(images), files, int(copied), int(size - copied), quota)


def _one(connection: Connection, column: str, value: object) -> StudyRow | None:
    text = f"SELECT {_COLUMNS} FROM study s LEFT JOIN note n ON n.identity = s.identity WHERE {column} = ?"
    row = connection.execute(text, (value,)).fetchone()
    if row is None:
        return None
    number, identity, uid, date, time, description, accession, institution, *rest = row
    patient = Patient(*rest[:4])
    shown, stacks, images, objects, size, copied, missing, changed, added, opened, status, comment, kept, *made = rest[
        4:
    ]
    return StudyRow(
        id=number,
        identity=identity,
        facts=StudyFacts(uid, date, time, description, accession, institution, patient),
        modalities=tuple(shown.split()),
        series_count=stacks,
        image_count=images,
        object_count=objects,
        size_bytes=size,
        copied_bytes=copied,
        where="linked" if not copied else "copied" if copied >= size else "both",
        files_missing=missing,
        files_changed=changed,
        status=status if status in STATUSES else "unread",
        comment=comment or "",
        is_kept=bool(kept),
        unsent_results=made[0],
        added_s=added,
        opened_s=opened,
        albums=tuple(map(int, made[1].split(","))) if made[1] else (),
    )
