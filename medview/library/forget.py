"""Take studies off the list; no file is touched."""

from __future__ import annotations

from collections.abc import Iterable

from medview.library.database import Database
from medview.library.study_record import drop_record


def forget(database: Database, study_ids: Iterable[int]) -> int:
    """Take studies off the list and return how many were there."""
    with database.writing() as connection:
        wanted = [n for n in study_ids if connection.execute("SELECT 1 FROM study WHERE id = ?", (n,)).fetchone()]
        for number in wanted:
            drop_record(connection, number)
    return len(wanted)
