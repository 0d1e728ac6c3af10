"""The named windows a person can choose from, by modality."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from medview.paths import resources_folder


@dataclass(frozen=True)
class WindowPreset:
    """A named window: `title` is English and a key of the translation; `window` is (Window Center, Window Width)."""

    id: str
    title: str
    window: tuple[float, float]


@lru_cache(maxsize=1)
def _all() -> dict[str, tuple[WindowPreset, ...]]:
    tables = tomllib.loads((resources_folder() / "window_presets.toml").read_text(encoding="utf-8"))
    return {
        modality: tuple(
            WindowPreset(row["id"], row["title"], (float(row["centre"]), float(row["width"]))) for row in rows
        )
        for modality, rows in tables.items()
    }


def window_presets(modality: str) -> tuple[WindowPreset, ...]:
    """Return the presets of a modality (0008,0060), in the order of their number keys; empty where it has none.

    >>> window_presets("CT")[1].window
    (-600.0, 1500.0)
    """
    return _all().get(modality, ())
