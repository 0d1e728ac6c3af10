"""The named looks of a volume in 3D."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from medview.paths import resources_folder


@dataclass(frozen=True)
class VolumePreset:
    """A transfer function.

    Attributes
    ----------
    title
        English, a key of the translation.
    modality
        For which it is offered; empty for any.
    scale
        Whether the values below are of the modality's unit, or 0 to 1 from the black to the white end of the window.
    opacity
        (value, opacity of 1 mm).
    colours
        (value, red, green, blue), sRGB 0 to 255.
    """

    id: str
    title: str
    modality: tuple[str, ...]
    scale: Literal["absolute", "window"]
    blend: Literal["composite", "maximum"]
    opacity: tuple[tuple[float, float], ...]
    colours: tuple[tuple[float, float, float, float], ...]

    def value(self, point: float, window: tuple[float, float]) -> float:
        """Return the modality value of a point of the scale, with the window (Window Center, Window Width) in use."""
        if self.scale == "absolute":
            return point
        return window[0] + (point - 0.5) * window[1]


@lru_cache(maxsize=1)
def _all() -> tuple[VolumePreset, ...]:
    rows = tomllib.loads((resources_folder() / "volume_presets.toml").read_text(encoding="utf-8"))["preset"]
    return tuple(
        VolumePreset(
            row["id"],
            row["title"],
            tuple(row["modality"]),
            row["scale"],
            row["blend"],
            tuple((float(v), float(a)) for v, a in row["opacity"]),
            tuple((float(v), float(r), float(g), float(b)) for v, r, g, b in row["colours"]),
        )
        for row in rows
    )


def volume_presets(modality: str) -> tuple[VolumePreset, ...]:
    """Return the presets for a modality (0008,0060), the default first."""
    return tuple(preset for preset in _all() if not preset.modality or modality in preset.modality)


def volume_preset(modality: str, preset_id: str = "") -> VolumePreset:
    """Return the preset of an id, or the modality's default where that is "" or does not suit it."""
    presets = volume_presets(modality)
    return next((preset for preset in presets if preset.id == preset_id), presets[0])
