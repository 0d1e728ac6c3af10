"""Small pictures of series, kept for as long as the images are the same."""

from __future__ import annotations

from medview.library.database import Database


def thumbnail(database: Database, study_id: int, series_key: str) -> bytes | None:
    """Return the picture of a series as it was stored, None where there is none of these very images."""
    with database.reading() as connection:
        row = connection.execute(
            "SELECT t.picture FROM thumbnail t JOIN series s ON s.study_id = t.study_id AND s.key = t.key "
            "AND s.stamp = t.stamp WHERE t.study_id = ? AND t.key = ?",
            (study_id, series_key),
        ).fetchone()
    return bytes(row[0]) if row else None


def set_thumbnail(database: Database, study_id: int, series_key: str, picture: bytes) -> None:
    """Store the picture of a series that is on the list; of any other nothing."""
    with database.writing() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO thumbnail SELECT study_id, key, stamp, ? FROM series "
            "WHERE study_id = ? AND key = ?",
            (picture, study_id, series_key),
        )
