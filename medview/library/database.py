"""The SQLite file of the index: opened, brought up to date, set aside where it is damaged."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from medview.errors import MedViewError, Sentence
from medview.files.atomic import write_error
from medview.library.schema import MIGRATIONS

_NAME = "index.sqlite"
_MARKS = "marks"  # measurements are kept of studies that are on no list, too
_FIRST_S = 1577836800  # 2020 in seconds since 1970: numbers that grow with time, and stay below 2**31 for long
_PARTS = ("", "-wal", "-shm")
_BUSY_S = 20.0  # another program or thread may be writing: its transactions last well below a second
_CHECKED_BYTES = 100 * 2**20  # a bigger index is not looked through at the start; errors show up when it is used
_FULL = "disk is full"


class Database:
    """Connections to the index, for any thread and beside other programs.

    Attributes
    ----------
    said
        What opening has to tell.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / _NAME
        self.said: tuple[Sentence, ...] = ()
        # append and pop of a deque are safe between threads
        self._idle: deque[tuple[sqlite3.Connection, tuple[int, int]]] = deque()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._alone():
                self._prepare()
        except OSError as error:
            raise write_error(error, self.path) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one state of the index for as long as the block lasts."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that alone may write; what the block did is there whole, or not at all where it raises."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'revision'")
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has rolled back by itself
                    connection.execute("ROLLBACK")
                raise

    def number(self, name: str) -> int:
        """Return a number that was kept under a name, 0 where there is none."""
        with self.reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def revision(self) -> int:
        """Return a number that grows with every change of the index, by whomever."""
        return self.number("revision")

    def set_number(self, name: str, value: int) -> None:
        """Keep a number under a name."""
        with self.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def start_anew(self) -> None:
        """Set the index aside, whatever state it is in, and begin an empty one."""
        with self._alone():
            self.close()
            self._set_aside()
            self._prepare()

    def close(self) -> None:
        """Close the connections that are idle."""
        while self._idle:
            self._idle.pop()[0].close()

    def _prepare(self) -> None:
        """Open the index and bring its tables up to date; where it is lost, begin a new one that says so."""
        is_lost = not self.path.exists() and any(
            name not in (self.path.name, _MARKS) and not name.endswith(".lock") for name in os.listdir(self.path.parent)
        )
        trouble = "" if is_lost or not self.path.exists() else self._trouble()
        if trouble:
            aside = self._set_aside()
            is_lost = True
            self.said += (
                Sentence(
                    "The list of studies was damaged and has been set aside as {name}; it is rebuilt from the files.",
                    {"name": aside.name},
                ),
            )
        with self._connection() as connection:
            _migrate(connection, is_lost=is_lost)

    def _trouble(self) -> str:
        """Return what is wrong with the index that is there, "" where it is sound."""
        try:
            with self._connection() as connection:
                if self.path.stat().st_size > _CHECKED_BYTES:
                    return ""
                answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
                return "" if answer == "ok" else answer
        except MedViewError as error:
            cause = error.__cause__
            if not isinstance(cause, sqlite3.DatabaseError) or isinstance(cause, sqlite3.OperationalError):
                raise
            self.close()
            return str(cause)

    def _set_aside(self) -> Path:
        """Give the index another name, and return that."""
        self.close()
        aside = self.path.parent / "set_aside"
        aside.mkdir(exist_ok=True)
        target = aside / f"index-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}.sqlite"
        for part in _PARTS:
            with suppress(FileNotFoundError):
                os.replace(f"{self.path}{part}", f"{target}{part}")
        return target

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other programs from opening the index at the same moment: one of them may have to set it aside."""
        lock = FileLock(self.path.with_suffix(".lock"))
        try:
            lock.acquire(timeout=_BUSY_S)
        except Timeout as error:
            raise _busy() from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Give a connection of its own to each block; errors of SQLite become sentences."""
        try:
            connection, place = self._taken()
            try:
                yield connection
            finally:
                self._idle.append((connection, place))
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError):  # our own fault, not the file's
            raise
        except sqlite3.Error as error:
            raise self._told(error) from error

    def _taken(self) -> tuple[sqlite3.Connection, tuple[int, int]]:
        """Return an idle connection to the file that now bears the name, or a new one."""
        place = self._place()
        while True:
            try:
                connection, opened = self._idle.pop()
            except IndexError:
                break
            if opened == place:
                return connection, opened
            connection.close()  # the index has been set aside meanwhile
        connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection, self._place()

    def _place(self) -> tuple[int, int]:
        """Return what tells the file from another that may take its name."""
        try:
            facts = self.path.stat()
        except FileNotFoundError:
            return 0, 0
        return facts.st_dev, facts.st_ino

    def _told(self, error: sqlite3.Error) -> MedViewError:
        words = str(error).lower()
        if _FULL in words:
            return MedViewError(
                "The disk is full: the list of studies could not be written.",
                "Free some space. What was on the list before is unharmed.",
            )
        if "locked" in words or "busy" in words:
            return _busy()
        if "readonly" in words or "unable to open" in words:
            return MedViewError(
                "The list of studies in {folder} may not be written to.",
                "Ask for the right to write there. Studies can be opened without the list.",
                folder=str(self.path.parent),
            )
        return MedViewError(
            "The list of studies cannot be read: {reason}",
            "Start the program again: a damaged list is set aside and rebuilt from the files, which are unharmed.",
            reason=str(error),
        )


def _busy() -> MedViewError:
    return MedViewError(
        "Another program is using the list of studies and does not let go.", "Close other windows of MedView, or wait."
    )


def _migrate(connection: sqlite3.Connection, *, is_lost: bool) -> None:
    """Run the statements of every version that the index has not seen, each version whole or not at all."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise MedViewError(
            "The list of studies was made by a newer version of MedView.",
            "Use that version, or start this one with another data folder (MEDVIEW_HOME).",
        )
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            if number == 1:
                if is_lost:  # a window may still show the list of before: its numbers must not be those of others
                    connection.execute(
                        "INSERT INTO sqlite_sequence VALUES ('study', ?)", (int(time.time()) - _FIRST_S,)
                    )
                rows = [("needs_rebuild", int(is_lost)), ("needs_notes", 1)]
                connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
