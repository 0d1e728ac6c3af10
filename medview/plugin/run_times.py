"""How long runs have taken on this computer, so that the next one can be foretold."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from medview.paths import data_folder
from medview.plugin.kept_book import read_book, write_book

_MOST = 500
_NEW = 0.5  # how much the newest run counts


def seconds_per_unit(plugin_id: str, version: str, device: str) -> float | None:
    """Return how long a plugin took for a unit of work on a device; None where it has not run there yet.

    A unit is a tile of a network, or a million voxels of a plugin with code of its own.
    """
    value = read_book(_path()).get(_key(plugin_id, version, device))
    return float(value) if isinstance(value, int | float) and value > 0 else None


def remember_run(plugin_id: str, version: str, device: str, units: float, seconds: float) -> None:
    """Keep how long a run took; a disk that cannot be written forgets it."""
    if units <= 0 or seconds <= 0:
        return
    book, key = read_book(_path()), _key(plugin_id, version, device)
    before = book.pop(key, None)
    each = seconds / units
    book[key] = each if not isinstance(before, int | float) else _NEW * each + (1.0 - _NEW) * before
    with suppress(OSError):  # it is a convenience: the run itself has gone well
        write_book(_path(), dict(list(book.items())[-_MOST:]))


def _key(plugin_id: str, version: str, device: str) -> str:
    return f"{plugin_id} {version} {device}"


def _path() -> Path:
    return data_folder() / "run_times.json"
