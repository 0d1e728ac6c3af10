"""How long runs have taken on this computer, so that the next one can be foretold."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from medview.paths import data_folder

_MOST = 500
_NEW = 0.5  # how much the newest run counts


def seconds_per_unit(plugin_id: str, version: str, device: str) -> float | None:
    """Return how long a plugin took for a unit of work on a device; None where it has not run there yet.

    A unit is a tile of a network, or a million voxels of a plugin with code of its own.
    """
    value = _book().get(_key(plugin_id, version, device))
    return float(value) if isinstance(value, int | float) and value > 0 else None


def remember_run(plugin_id: str, version: str, device: str, units: float, seconds: float) -> None:
    """Keep how long a run took; a disk that cannot be written forgets it."""
    if units <= 0 or seconds <= 0:
        return
    book, key = _book(), _key(plugin_id, version, device)
    before = book.pop(key, None)
    each = seconds / units
    book[key] = each if not isinstance(before, int | float) else _NEW * each + (1.0 - _NEW) * before
    temporary = _path().with_suffix(f".{os.getpid()}.tmp")
    try:
        temporary.write_text(json.dumps(dict(list(book.items())[-_MOST:]), indent=1), encoding="utf-8")
        os.replace(temporary, _path())
    except OSError:  # it is a convenience: the run itself has gone well
        temporary.unlink(missing_ok=True)


def _key(plugin_id: str, version: str, device: str) -> str:
    return f"{plugin_id} {version} {device}"


def _path() -> Path:
    return data_folder() / "run_times.json"


def _book() -> dict[str, Any]:
    try:
        book = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):  # lost or torn: times are learned again
        return {}
    return book if isinstance(book, dict) else {}
