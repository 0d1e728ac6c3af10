"""The named looks of volumes in 3D: shipped ones, and a person's own in a file beside the settings."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from medview.errors import MedViewError, Sentence
from medview.imaging.transfer_function import TransferFunction
from medview.imaging.volume_look import VolumeLook
from medview.imaging.volume_presets import VolumePreset, volume_presets
from medview.session.own_file import OwnFile

logger = logging.getLogger(__name__)
OWN_GROUP = "Own looks"
_MOST = 200
_LONGEST_TITLE = 60


def looks_of(modality: str) -> tuple[VolumePreset, ...]:
    """Return the looks for a modality (0008,0060): the shipped ones with the default first, then the person's own."""
    own = tuple(look for look in own_looks() if not look.modality or modality in look.modality)
    return (*volume_presets(modality), *own)


def look_in_use(look: VolumeLook, modality: str) -> VolumePreset:
    """Return the named look that is chosen, or the modality's default where that is gone or does not suit it."""
    looks = looks_of(modality)
    return next((preset for preset in looks if preset.id == look.preset), looks[0])


def function_in_use(look: VolumeLook, modality: str) -> TransferFunction:
    """Return the transfer function that is drawn: the person's changes, or the named look as it is."""
    return look.function or look_in_use(look, modality).function


def own_looks() -> tuple[VolumePreset, ...]:
    """Return the person's own looks; none where the file cannot be read, which is told when MedView starts."""
    return _file.held


def why_unread() -> MedViewError | None:
    """Return why the person's own looks cannot be read, None where they can or there are none."""
    return _file.why_unread()


def keep_look(title: str, modality: str, function: TransferFunction) -> VolumePreset:
    """Remember a transfer function under a name, in the place of an own look of that name, and return it.

    Raises
    ------
    MedViewError
        The name is empty or too long, there are too many, or the file cannot be written.
    """
    name = " ".join(title.split())
    if not name or len(name) > _LONGEST_TITLE:
        raise MedViewError("A name of 1 to 60 letters is needed.", "Type another name.")
    others = [look for look in own_looks() if look.title != name or look.modality != (modality,)]
    if len(others) >= _MOST:
        raise MedViewError("There are too many own looks.", "Delete some that are not needed any more.")
    made = VolumePreset(f"own_{secrets.token_hex(6)}", name, OWN_GROUP, (modality,), function)
    _write((*others, made))
    return made


def restore_looks(looks: tuple[VolumePreset, ...]) -> None:
    """Write a list of own looks as it was before a change.

    Raises
    ------
    MedViewError
        The file cannot be written.
    """
    _write(looks)


def forget_look(preset_id: str) -> None:
    """Delete an own look.

    Raises
    ------
    MedViewError
        The file cannot be written.
    """
    _write(tuple(look for look in own_looks() if look.id != preset_id))


def _write(looks: tuple[VolumePreset, ...]) -> None:
    rows = [{"id": x.id, "title": x.title, "modality": list(x.modality), **x.function.packed()} for x in looks]
    _file.write({"looks": rows})


def _parsed(data: Any) -> tuple[VolumePreset, ...]:
    rows = data.get("looks", []) if isinstance(data, dict) else []
    found = []
    for row in rows[:_MOST]:
        try:
            title, modality = str(row["title"])[:_LONGEST_TITLE], tuple(str(name) for name in row["modality"])
            function = TransferFunction.unpacked(row)
            found.append(VolumePreset(str(row["id"]), title, OWN_GROUP, modality, function))
        except (ValueError, KeyError, TypeError, AttributeError):
            logger.info("an own look is damaged and left out")
    return tuple(found)


_file = OwnFile("volume_looks.json", _parsed, Sentence("Your own looks of 3D cannot be read: those shipped are used."))
