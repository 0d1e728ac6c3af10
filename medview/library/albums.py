"""Albums: made, renamed, filled, counted."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from medview.errors import MedViewError
from medview.library import notes, study_list
from medview.library.album import Album
from medview.library.database import Database
from medview.library.query import Query


def albums(database: Database) -> tuple[Album, ...]:
    """Return all albums by name, with the number of studies in each."""
    with database.reading() as connection:
        rows = connection.execute("SELECT id, name, query FROM album ORDER BY name COLLATE NOCASE, id").fetchall()
        found = [Album(number, name, Query.from_json(query) if query else None) for number, name, query in rows]
        return tuple(
            Album(a.id, a.name, a.query, study_list.counted(connection, a.query or Query(album=a.id))) for a in found
        )


def create(database: Database, name: str, query: Query | None) -> Album:
    """Make an album."""
    with database.writing() as connection:
        _check_name(connection, name)
        text = query.to_json() if query is not None else None
        cursor = connection.execute("INSERT INTO album (name, query) VALUES (?, ?)", (name.strip(), text))
        notes.write(connection, database)
    assert cursor.lastrowid is not None
    return Album(cursor.lastrowid, name.strip(), query)


def rename(database: Database, album_id: int, name: str) -> None:
    """Give an album another name."""
    with database.writing() as connection:
        _check_name(connection, name, but=album_id)
        connection.execute("UPDATE album SET name = ? WHERE id = ?", (name.strip(), album_id))
        notes.write(connection, database)


def change(database: Database, album_id: int, query: Query) -> None:
    """Give a smart album another question."""
    with database.writing() as connection:
        _check_smart(connection, album_id, wanted=True)
        connection.execute("UPDATE album SET query = ? WHERE id = ?", (query.to_json(), album_id))
        notes.write(connection, database)


def delete(database: Database, album_id: int) -> None:
    """Delete an album."""
    with database.writing() as connection:
        connection.execute("DELETE FROM album WHERE id = ?", (album_id,))
        notes.write(connection, database)


def put_in(database: Database, album_id: int, study_ids: Iterable[int]) -> None:
    """Put studies into an album."""
    with database.writing() as connection:
        _check_smart(connection, album_id, wanted=False)
        members = [(album_id, identity) for identity in notes.identities(connection, study_ids)]
        connection.executemany("INSERT OR IGNORE INTO album_member VALUES (?, ?)", members)
        notes.write(connection, database)


def take_out(database: Database, album_id: int, study_ids: Iterable[int]) -> None:
    """Take studies out of an album."""
    with database.writing() as connection:
        members = [(album_id, identity) for identity in notes.identities(connection, study_ids)]
        connection.executemany("DELETE FROM album_member WHERE album_id = ? AND identity = ?", members)
        notes.write(connection, database)


def _check_name(connection: Connection, name: str, but: int = -1) -> None:
    if not name.strip():
        raise MedViewError("An album needs a name.", "Type one.")
    taken = connection.execute("SELECT 1 FROM album WHERE name = ? AND id <> ?", (name.strip(), but)).fetchone()
    if taken:
        raise MedViewError("There is an album {name} already.", "Choose another name.", name=name.strip())


def _check_smart(connection: Connection, album_id: int, *, wanted: bool) -> None:
    row = connection.execute("SELECT query FROM album WHERE id = ?", (album_id,)).fetchone()
    if row is None:
        raise MedViewError("The album is no longer there.", "Another window may have deleted it.")
    if (row[0] is not None) != wanted:
        if wanted:
            raise MedViewError("This album asks no question: its studies are put in one by one.")
        raise MedViewError(
            "This album is filled by a saved question.",
            "Change the question, or make another album for single studies.",
        )
