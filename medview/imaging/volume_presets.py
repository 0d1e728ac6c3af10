"""The named looks of a volume in 3D that ship with the program."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from medview.imaging.transfer_function import TransferFunction
from medview.paths import resources_folder


@dataclass(frozen=True)
class VolumePreset:
    """A named transfer function.

    Attributes
    ----------
    title
        English, a key of the translation; of an own look what the person has typed.
    group
        Looks of one group stand together in the menu.
    modality
        For which it is offered (0008,0060); empty for any.
    """

    id: str
    title: str
    group: str
    modality: tuple[str, ...]
    function: TransferFunction


@lru_cache(maxsize=1)
def shipped_presets() -> tuple[VolumePreset, ...]:
    """Return every preset that ships with the program."""
    rows = tomllib.loads((resources_folder() / "volume_presets.toml").read_text(encoding="utf-8"))["preset"]
    return tuple(
        VolumePreset(row["id"], row["title"], row["group"], tuple(row["modality"]), TransferFunction.unpacked(row))
        for row in rows
    )


def volume_presets(modality: str) -> tuple[VolumePreset, ...]:
    """Return the presets for a modality (0008,0060), the default first."""
    return tuple(preset for preset in shipped_presets() if not preset.modality or modality in preset.modality)


def volume_preset(modality: str, preset_id: str = "") -> VolumePreset:
    """Return the preset of an id, or the modality's default where that is "" or does not suit it."""
    presets = volume_presets(modality)
    return next((preset for preset in presets if preset.id == preset_id), presets[0])
