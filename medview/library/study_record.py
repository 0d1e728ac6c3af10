"""A study as it is in the index: read whole, and written whole in one transaction."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING

from medview.library.folded import folded, folded_name
from medview.library.identity import study_identity
from medview.library.packing import Packing
from medview.library.series_facts import series_rows
from medview.library.study_files import FileKind, FileRow, FileTable

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy

_NO_DIGIT = re.compile(r"\D")


@dataclass(frozen=True, eq=False)
class StudyRecord:
    """A study of the index.

    Attributes
    ----------
    edition
        Another number after each change: what was worked out from an older edition must not be written.
    files
        Its files, copies of files included.
    found
        The study as it was scanned; None where it was packed by another version of the program, and must be scanned.
    """

    id: int
    identity: str
    edition: int
    files: tuple[FileRow, ...]
    found: FoundStudy | None

    @property
    def parts(self) -> tuple[FileRow, ...]:
        """The files whose images and objects are part of the study."""
        return tuple(row for row in self.files if row.kind == FileKind.IN_STUDY)


def read_record(connection: Connection, store: Path, *, identity: str = "", study_id: int = 0) -> StudyRecord | None:
    """Return the record of an identity or a number, None where there is none."""
    row = connection.execute(
        "SELECT s.id, s.identity, s.edition, p.format, p.content FROM study s LEFT JOIN packed p ON p.study_id = s.id "
        "WHERE s.identity = ? OR s.id = ?",
        (identity, study_id),
    ).fetchone()
    if row is None:
        return None
    number, known_as, edition, form, content = row
    files = tuple(FileTable(connection, store).of_study(number))
    return StudyRecord(number, known_as, edition, files, _found(store, form, content))


def write_record(
    connection: Connection, store: Path, found: FoundStudy, files: Sequence[FileRow], dropped: Sequence[str] = ()
) -> int:
    """Write a study in place of what the index says of it, and return its number.

    Parameters
    ----------
    files
        All files of the study: parts and copies.
    dropped
        Files that are no longer of it.
    """
    identity = study_identity(found, store)
    number = _write_study(connection, identity, found)
    table = FileTable(connection, store)
    _drop_pictures_of_changed(connection, table, number, files)
    table.drop(dropped)
    robbed = set(table.owned(row.path for row in files).values()) - {number}
    table.put(files, number)
    for other in robbed:  # a file of theirs is now one of this study
        mark_stale(connection, other)
    packing = _packing(store)
    connection.execute("INSERT OR REPLACE INTO packed VALUES (?, ?, ?)", (number, packing.format, packing.pack(found)))
    connection.execute("DELETE FROM series WHERE study_id = ?", (number,))
    rows = [(number, n, *row) for n, row in enumerate(series_rows(found))]
    connection.executemany("INSERT INTO series VALUES (?, ?, ?, ?, ?)", rows)
    connection.execute("INSERT OR REPLACE INTO search VALUES (?, ?, ?, ?, ?, ?)", (number, *_search_texts(found)))
    count_files(connection, number)
    return number


def _drop_pictures_of_changed(
    connection: Connection, table: FileTable, study_id: int, files: Sequence[FileRow]
) -> None:
    """Drop the small pictures of a study where a file is another one than before: its identifiers may be the same."""
    before = {row.path: row.time_mark for row in table.of_study(study_id)}
    if any(before.get(row.path, row.time_mark) != row.time_mark for row in files):
        connection.execute("DELETE FROM thumbnail WHERE study_id = ?", (study_id,))


def drop_record(connection: Connection, study_id: int) -> None:
    """Take a study and its files off the list."""
    connection.execute("DELETE FROM study WHERE id = ?", (study_id,))


def mark_stale(connection: Connection, study_id: int) -> None:
    """Note that a study is not what was packed any more: its files are scanned when it is next opened."""
    connection.execute("UPDATE packed SET format = '' WHERE study_id = ?", (study_id,))
    if connection.execute("SELECT 1 FROM file WHERE study_id = ? AND kind = 0 LIMIT 1", (study_id,)).fetchone():
        count_files(connection, study_id)
    else:
        drop_record(connection, study_id)


def count_files(connection: Connection, study_id: int) -> None:
    """Bring the counts and sizes in the row of a study up to date with its files."""
    size, copied, missing, changed = connection.execute(
        "SELECT total(f.size), total(f.size * d.in_store), total(f.state = 1), total(f.state = 2) "
        "FROM file f JOIN folder d ON d.id = f.folder_id WHERE f.study_id = ? AND f.kind = 0",
        (study_id,),
    ).fetchone()
    connection.execute(
        "UPDATE study SET size_bytes = ?, copied_bytes = ?, files_missing = ?, files_changed = ?, "
        "edition = edition + 1 WHERE id = ?",
        (int(size), int(copied), int(missing), int(changed), study_id),
    )


def edition_of(connection: Connection, identity: str) -> int | None:
    """Return the edition of a study as it is now, None where it is not on the list."""
    row = connection.execute("SELECT edition FROM study WHERE identity = ?", (identity,)).fetchone()
    return int(row[0]) if row else None


def _write_study(connection: Connection, identity: str, found: FoundStudy) -> int:
    facts, patient = found.facts, found.facts.patient
    columns = {
        "study_instance_uid": facts.study_instance_uid,
        "study_date": facts.study_date,
        "study_time": facts.study_time,
        "study_description": facts.study_description,
        "accession_number": facts.accession_number,
        "institution_name": facts.institution_name,
        "patient_name": patient.patient_name,
        "patient_id": patient.patient_id,
        "patient_birth_date": patient.patient_birth_date,
        "patient_sex": patient.patient_sex,
        "date_key": _NO_DIGIT.sub("", facts.study_date)[:8],
        "name_key": folded(patient.patient_name),
        "modalities": f" {' '.join(_modalities(found))} ",
        "series_count": len({s.series_instance_uid for s in found.series}),
        "image_count": sum(len(s.instances) for s in found.series),
        "object_count": len(found.objects),
    }
    names = ", ".join(columns)
    setting = ", ".join(f"{name} = excluded.{name}" for name in columns)
    values = [_sound(value) for value in columns.values()]
    connection.execute(
        f"INSERT INTO study (identity, edition, size_bytes, copied_bytes, added_s, {names}) "
        f"VALUES (?, 0, 0, 0, ?{', ?' * len(columns)}) ON CONFLICT (identity) DO UPDATE SET {setting}",
        (identity, time.time(), *values),
    )
    return int(connection.execute("SELECT id FROM study WHERE identity = ?", (identity,)).fetchone()[0])


def _modalities(found: FoundStudy) -> list[str]:
    """Return the modalities of images, then of objects, each once."""
    every = [s.modality for s in found.series] + [o.modality for o in found.objects]
    return list(dict.fromkeys("".join(m.split()) for m in every if m.strip()))


def _search_texts(found: FoundStudy) -> tuple[str, ...]:
    facts, patient = found.facts, found.facts.patient
    name = folded_name(patient.patient_name)
    patient_id, description = folded(patient.patient_id), folded(facts.study_description)
    accession = folded(facts.accession_number)
    said = dict.fromkeys(s.series_description for s in found.series)
    said |= dict.fromkeys(s.body_part_examined for s in found.series) | dict.fromkeys(o.label for o in found.objects)
    rest = [folded(text) for text in (facts.institution_name, *_modalities(found), *said) if text]
    # parted by line ends, so that no word is found across two of them
    everything = "\n".join([name, patient_id, description, accession, *rest])
    return tuple(str(_sound(text)) for text in (everything, name, patient_id, description, accession))


def _sound(value: object) -> object:
    """Return a text as SQLite can hold it."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _found(store: Path, form: str | None, content: bytes | None) -> FoundStudy | None:
    packing = _packing(store)
    if form != packing.format or content is None:
        return None
    try:
        found: FoundStudy = packing.unpack(content)
    except (ValueError, KeyError, TypeError, zlib.error):  # then it is scanned
        return None
    return found


def packed_format(store: Path) -> str:
    """Return the format that studies are packed in now."""
    return _packing(store).format


@cache
def _packing(store: Path) -> Packing:
    from medview.files.stacks.dicom_sort import FoundStudy

    return Packing(FoundStudy, store)
