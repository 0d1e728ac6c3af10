"""The named windows of each modality as a person wants them, in a file of their own beside the settings."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from medview.errors import MedViewError, Sentence
from medview.imaging.window_presets import WindowPreset, window_presets
from medview.session.own_file import OwnFile

MOST_PRESETS = 40


def presets_of(modality: str) -> tuple[WindowPreset, ...]:
    """Return the presets of a modality in the order of their number keys: the person's own, else those shipped."""
    own = _file.held
    return own[modality] if modality in own else window_presets(modality)


def keep_presets(modality: str, presets: tuple[WindowPreset, ...]) -> None:
    """Remember the presets of a modality; those shipped are forgotten again.

    Raises
    ------
    MedViewError
        The file cannot be written.
    """
    own = {**_file.held, modality: presets}
    if presets == window_presets(modality):
        del own[modality]
    _file.write({name: [asdict(preset) for preset in rows] for name, rows in own.items()})


def why_unread() -> MedViewError | None:
    """Return why the person's own presets cannot be read, None where they can or there are none."""
    return _file.why_unread()


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


_file = OwnFile(
    "window_presets.json", _parsed, Sentence("Your own window presets cannot be read: those shipped are used.")
)
