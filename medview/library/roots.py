"""The folders that linked studies lie in: where a rebuild looks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from sqlite3 import Connection


def roots(connection: Connection) -> list[tuple[str, bool]]:
    """Return (folder, whether all below it belongs to it too), in the order of paths."""
    rows = connection.execute("SELECT path, deep FROM root").fetchall()
    return sorted((os.fsdecode(path), bool(deep)) for path, deep in rows)


def add_roots(connection: Connection, found: Iterable[tuple[str, bool]]) -> bool:
    """Remember folders and whether they were looked through with all below them; return whether one was new."""
    known = dict(roots(connection))
    new = False
    for path, deep in found:
        if any(_covers(root, is_deep, path, deep) for root, is_deep in known.items()):
            continue
        for root in [root for root, is_deep in known.items() if _covers(path, deep, root, is_deep)]:
            connection.execute("DELETE FROM root WHERE path = ?", (_kept(root),))
            del known[root]
        connection.execute("INSERT OR REPLACE INTO root VALUES (?, ?)", (_kept(path), int(deep)))
        known[path] = deep
        new = True
    return new


def _covers(root: str, is_deep: bool, path: str, deep: bool) -> bool:
    """Whether looking through one folder looks through the other, too."""
    if root == path:
        return is_deep or not deep
    return is_deep and path.startswith(os.path.join(root, ""))


def _kept(path: str) -> str:
    """Return a path as JSON and SQLite can both hold it; bytes that are no text are lost, and with them the folder."""
    return path.encode("utf-8", "replace").decode()
