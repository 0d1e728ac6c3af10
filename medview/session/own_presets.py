"""The named windows of each modality as a person wants them, in a file of their own beside the settings."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.files.set_aside_damaged import set_aside_damaged
from medview.imaging.window_presets import WindowPreset, window_presets
from medview.paths import data_folder

_FILE = "window_presets.json"
MOST_PRESETS = 40
_read: dict[Path, tuple[int, dict[str, tuple[WindowPreset, ...]]]] = {}  # by file: when it was written, what it held


def presets_of(modality: str) -> tuple[WindowPreset, ...]:
    """Return the presets of a modality in the order of their number keys: the person's own, else those shipped."""
    own = _own()
    return own[modality] if modality in own else window_presets(modality)


def keep_presets(modality: str, presets: tuple[WindowPreset, ...]) -> None:
    """Remember the presets of a modality; those shipped are forgotten again.

    Raises
    ------
    MedViewError
        The file cannot be written.
    """
    own = {**_own(), modality: presets}
    if presets == window_presets(modality):
        del own[modality]
    text = json.dumps({name: [asdict(preset) for preset in rows] for name, rows in own.items()}, indent=2)
    set_aside_damaged(_path())
    with written_whole(_path()) as path:
        path.write_text(text, encoding="utf-8")
    _read.clear()


def _path() -> Path:
    return data_folder() / _FILE


def why_unread() -> MedViewError | None:
    """Return why the person's own presets cannot be read, None where they can or there are none."""
    try:
        _read_own()
    except MedViewError as error:
        return error
    return None


def _own() -> dict[str, tuple[WindowPreset, ...]]:
    """Return what the file holds; nothing where it cannot be read, which is told when MedView starts."""
    try:
        return _read_own()
    except MedViewError:
        return {}


def _read_own() -> dict[str, tuple[WindowPreset, ...]]:
    """Return what the file holds, read again where it has changed; what cannot be used in it is left out."""
    path = _path()
    try:
        written_ns = path.stat().st_mtime_ns
        if path not in _read or _read[path][0] != written_ns:
            _read[path] = written_ns, _parsed(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise MedViewError(
            "Your own window presets cannot be read: those shipped are used.",
            "Correct or remove the file {name} in the folder of your settings.",
            name=path.name,
        ) from error
    return _read[path][1]


def _parsed(tables: Any) -> dict[str, tuple[WindowPreset, ...]]:
    if not isinstance(tables, dict):
        return {}
    return {
        str(modality): tuple(found for row in rows[:MOST_PRESETS] if (found := _preset(row)) is not None)
        for modality, rows in tables.items()
        if isinstance(rows, list)
    }


def _preset(row: Any) -> WindowPreset | None:
    try:
        centre, width = (float(n) for n in row["window"])
        preset = WindowPreset(str(row["id"]), str(row["title"]), (centre, width))
    except (KeyError, TypeError, ValueError):
        return None
    return preset if math.isfinite(centre) and width > 0 and math.isfinite(width) else None
