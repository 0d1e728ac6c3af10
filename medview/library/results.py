"""What was made from studies here, and whether it has been exported or sent."""

from __future__ import annotations

import time
from pathlib import Path

from medview.errors import MedViewError
from medview.library import notes
from medview.library.database import Database
from medview.library.reports import Result


def note_result(database: Database, study_id: int, kind: str, name: str, *, path: Path | None, sent: bool) -> int:
    """Remember a result and return its number."""
    with database.writing() as connection:
        identities = notes.identities(connection, [study_id])
        if not identities:
            raise MedViewError("The study is no longer on the list.", "Import it again.")
        cursor = connection.execute(
            "INSERT INTO result (identity, kind, name, path, made_s, sent) VALUES (?, ?, ?, ?, ?, ?)",
            (identities[0], kind, name, str(path) if path else None, time.time(), int(sent)),
        )
        notes.write(connection, database)
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def mark_sent(database: Database, result_id: int, path: Path | None) -> None:
    """Remember that a result has been exported or sent."""
    with database.writing() as connection:
        connection.execute(
            "UPDATE result SET sent = 1, path = coalesce(?, path) WHERE id = ?",
            (str(path) if path else None, result_id),
        )
        notes.write(connection, database)


def forget_result(database: Database, result_id: int) -> None:
    """Remember a result no longer."""
    with database.writing() as connection:
        connection.execute("DELETE FROM result WHERE id = ?", (result_id,))
        notes.write(connection, database)


def forget_lost(database: Database, kind: str) -> None:
    """Remember no longer what was noted of a kind and never sent."""
    with database.writing() as connection:
        connection.execute("DELETE FROM result WHERE kind = ? AND sent = 0", (kind,))
        notes.write(connection, database)


def results(database: Database, study_id: int) -> tuple[Result, ...]:
    """Return the results made from a study, the newest first."""
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT r.id, r.kind, r.name, r.made_s, r.sent, r.path FROM result r JOIN study s "
            "ON s.identity = r.identity WHERE s.id = ? ORDER BY r.made_s DESC, r.id DESC",
            (study_id,),
        ).fetchall()
    return tuple(
        Result(number, study_id, kind, name, made_s, bool(sent), Path(path) if path else None)
        for number, kind, name, made_s, sent, path in rows
    )
