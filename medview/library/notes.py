"""What a person typed or chose about studies: status, comment, what is kept, albums; and what was made from them.

It is in the index, and beside it in ``notes.json``: written whole, inside the very transaction that changes the index,
so that the file never lags behind. A new index begins with what the file says.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from medview.errors import MedViewError, Sentence
from medview.files.atomic import written_whole
from medview.library.database import Database
from medview.library.folded import folded
from medview.library.study_row import STATUSES, Status

_FORMAT = 1
# table: columns that are kept; all of them name studies by identity
_TABLES = {
    "note": ("identity", "status", "comment", "kept"),
    "album": ("id", "name", "query"),
    "album_member": ("album_id", "identity"),
    "result": ("id", "identity", "kind", "name", "path", "made_s", "sent"),
    "root": ("path", "deep"),
}


def set_note(
    database: Database,
    study_ids: Iterable[int],
    *,
    status: Status | None = None,
    comment: str | None = None,
    kept: bool | None = None,
) -> None:
    """Set what is given of the notes of studies; ValueError where the status is none of `STATUSES`."""
    if status is not None and status not in STATUSES:
        raise ValueError(f"no such status: {status}")
    changes: dict[str, Any] = {}
    if status is not None:
        changes["status"] = status
    if comment is not None:
        changes |= {"comment": comment.strip(), "folded": folded(comment)}
    if kept is not None:
        changes["kept"] = int(kept)
    setting = ", ".join(f"{name} = excluded.{name}" for name in changes)
    with database.writing() as connection:
        for identity in identities(connection, study_ids):
            connection.execute(
                f"INSERT INTO note (identity, {', '.join(changes)}) VALUES (?{', ?' * len(changes)}) "
                f"ON CONFLICT (identity) DO UPDATE SET {setting}",
                (identity, *changes.values()),
            )
        write(connection, database)


def identities(connection: Connection, study_ids: Iterable[int]) -> list[str]:
    """Return the identities of studies that are on the list."""
    found = [connection.execute("SELECT identity FROM study WHERE id = ?", (i,)).fetchone() for i in study_ids]
    return [str(row[0]) for row in found if row is not None]


def write(connection: Connection, database: Database) -> None:
    """Write ``notes.json`` as the open transaction has it, before that is committed."""
    tables = {
        table: [list(row) for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}")]
        for table, columns in _TABLES.items()
    }
    path = _path(database)
    with written_whole(path) as beside:
        beside.write_text(json.dumps({"format": _FORMAT, **tables}, default=os.fsdecode), encoding="utf-8")


def restore(database: Database) -> tuple[Sentence, ...]:
    """Bring the notes of the file into an index that was begun anew; return what must be told."""
    if not database.number("needs_notes"):
        return ()
    tables, said = _read(_path(database))
    with database.writing() as connection:
        for table, columns in _TABLES.items():
            rows = [row for row in tables.get(table, []) if isinstance(row, list) and len(row) == len(columns)]
            connection.executemany(
                f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows
            )
        for identity, comment in connection.execute(
            "SELECT identity, comment FROM note WHERE comment <> ''"
        ).fetchall():
            connection.execute("UPDATE note SET folded = ? WHERE identity = ?", (folded(comment), identity))
        connection.execute("UPDATE meta SET value = 0 WHERE name = 'needs_notes'")
    return said


def _read(path: Path) -> tuple[dict[str, Any], tuple[Sentence, ...]]:
    """Return what the file says, nothing where it is not there. A torn one is set aside, for somebody to look at."""
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, ()
    except ValueError:
        aside = path.with_name(f"notes-torn-{secrets.token_hex(4)}.json")
        os.replace(path, aside)
        return {}, (
            Sentence(
                "The file of comments and albums was damaged and has been set aside as {name}.", {"name": aside.name}
            ),
        )
    except OSError as error:
        raise MedViewError(
            "The comments and albums in {path} cannot be read: {reason}", "Ask for the right to read this file.",
            path=str(path), reason=error.strerror or str(error),
        ) from error  # fmt: skip
    return tables if isinstance(tables, dict) else {}, ()


def _path(database: Database) -> Path:
    return database.path.with_name("notes.json")
