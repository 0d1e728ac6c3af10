"""What is looked for in the list of studies."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal, get_args

from medview.library.folded import words

Column = Literal[
    "study_date", "patient_name", "patient_id", "birth_date", "modalities", "study_description", "institution_name",
    "accession_number", "series_count", "image_count", "size_bytes", "status", "comment", "added", "opened", "where",
    "files_missing",
]  # fmt: skip
COLUMNS: tuple[Column, ...] = get_args(Column)
_ORDER = {
    "study_date": "s.date_key {0}, s.study_time {0}",
    "patient_name": "s.name_key {0}",
    "patient_id": "s.patient_id COLLATE NOCASE {0}",
    "birth_date": "s.patient_birth_date {0}",
    "modalities": "s.modalities {0}",
    "study_description": "s.study_description COLLATE NOCASE {0}",
    "institution_name": "s.institution_name COLLATE NOCASE {0}",
    "accession_number": "s.accession_number COLLATE NOCASE {0}",
    "series_count": "s.series_count {0}",
    "image_count": "s.image_count {0}",
    "size_bytes": "s.size_bytes {0}",
    "status": "coalesce(n.status, 'unread') {0}",
    "comment": "coalesce(n.comment, '') COLLATE NOCASE {0}",
    "added": "s.added_s {0}",
    "opened": "coalesce(s.opened_s, 0) {0}",
    "where": "(s.copied_bytes > 0) {0}, (s.copied_bytes < s.size_bytes) {0}",
    "files_missing": "s.files_missing {0}",
}


@dataclass(frozen=True)
class Query:
    """What a study must be like; what is left empty asks for nothing. All parts must be true together.

    Texts are found by part, whatever their case, accents and width, in any group of a name (Latin, ideographic,
    phonetic); several words must all be there, in any order.

    Attributes
    ----------
    text
        Looked for in name, patient ID, description, accession number, institution, modality, series descriptions and
        comment together.
    date_from, date_to
        Study Date as YYYYMMDD, both included. A study without a date is in no range.
    last_days
        Study Date within so many days up to today: 1 is today, 7 the last week. For smart albums: it moves on.
    modalities
        The study has at least one of them.
    statuses
        The study has one of them.
    album
        Id of an album that it has been put into.
    only_missing
        Only studies some of whose files are missing or changed.
    only_unsent
        Only studies with results that have been neither exported nor sent.
    """

    text: str = ""
    patient_name: str = ""
    patient_id: str = ""
    study_description: str = ""
    accession_number: str = ""
    comment: str = ""
    date_from: str = ""
    date_to: str = ""
    last_days: int = 0
    modalities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    album: int | None = None
    only_missing: bool = False
    only_unsent: bool = False

    def to_json(self) -> str:
        """Return the query as text, for a smart album."""
        return json.dumps({name: value for name, value in asdict(self).items() if value}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Query:
        """Make a query of `to_json`'s text; parts that this version does not know are left out."""
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in json.loads(text).items()
            if name in known
        }
        return cls(**values)

    def condition(self, today: date | None = None) -> tuple[str, list[object]]:
        """Return an SQL condition on `study s`, `search t` and `note n`, and its values."""
        parts: list[tuple[str, list[object]]] = []
        for column, text in (
            ("t.everything || ' ' || coalesce(n.folded, '')", self.text),
            ("t.name", self.patient_name),
            ("t.patient_id", self.patient_id),
            ("t.description", self.study_description),
            ("t.accession", self.accession_number),
            ("coalesce(n.folded, '')", self.comment),
        ):
            parts += [(f"instr({column}, ?) > 0", [word]) for word in words(text)]
        parts += self._dates(today or date.today())
        if self.modalities:
            like = " OR ".join(["s.modalities LIKE ?"] * len(self.modalities))
            parts.append((f"({like})", [f"% {modality} %" for modality in self.modalities]))
        if self.statuses:
            marks = ", ".join("?" * len(self.statuses))
            parts.append((f"coalesce(n.status, 'unread') IN ({marks})", list(self.statuses)))
        if self.album is not None:
            members = "SELECT identity FROM album_member WHERE album_id = ?"
            parts.append((f"s.identity IN ({members})", [self.album]))
        if self.only_missing:
            parts.append(("s.files_missing + s.files_changed > 0", []))
        if self.only_unsent:
            parts.append(("s.identity IN (SELECT identity FROM result WHERE sent = 0)", []))
        return " AND ".join(part for part, _ in parts) or "1", [value for _, values in parts for value in values]

    def _dates(self, today: date) -> list[tuple[str, list[object]]]:
        parts: list[tuple[str, list[object]]] = []
        if self.date_from:
            parts.append(("s.date_key >= ?", [self.date_from]))
        if self.date_to:
            parts.append(("s.date_key BETWEEN '0' AND ?", [self.date_to]))
        if self.last_days > 0:
            first = today - timedelta(days=self.last_days - 1)
            parts.append(("s.date_key BETWEEN ? AND ?", [f"{first:%Y%m%d}", f"{today:%Y%m%d}"]))
        return parts


def order_by(column: Column, *, descending: bool) -> str:
    """Return the ORDER BY of a column of the list; equal ones keep one order, the newest study first."""
    way = "DESC" if descending else "ASC"
    return f"{_ORDER[column].format(way)}, s.date_key DESC, s.name_key, s.id"
