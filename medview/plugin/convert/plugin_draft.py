"""A plugin without code as it is about to be written: its manifest as plain data, its weights, its card."""

from __future__ import annotations

import colorsys
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from medview.errors import MedViewError
from medview.plugin.discovery import BrokenPlugin, Plugin, discover
from medview.plugin.file_sha256 import file_sha256
from medview.study.segmentation import ANATOMICAL_STRUCTURE

DRAFT_ROOM = ".import-"
_GOLDEN = 0.618033988749895


@dataclass(frozen=True)
class PluginDraft:
    """What a converter has made of a model.

    Attributes
    ----------
    manifest
        What `plugin.toml` says, but for the weights.
    weights
        Files that are to be moved into the plugin's folder, by the id of their record, and their format.
    terms
        Under what licence the weights are given, as far as the model says.
    card
        README.md.
    licence_text
        The model's own licence file, "" where it has none.
    """

    manifest: Mapping[str, Any]
    weights: Mapping[str, tuple[Path, str]]
    terms: str
    card: str
    licence_text: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def plugin_id(self) -> str:
        """How the plugin is called."""
        return str(self.manifest["id"])

    def write(self, folder: Path) -> Plugin:
        """Write the plugin into a folder of its own below `folder`, whole or not at all, and read it back.

        Raises
        ------
        MedViewError
            There is such a folder already, or what was written is no valid manifest.
        """
        target = folder / self.plugin_id
        if target.exists():
            raise MedViewError(
                "There is a plugin {plugin} in {folder} already.",
                "Remove its folder, or choose another name with --id.",
                plugin=self.plugin_id,
                folder=str(folder),
            )
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=DRAFT_ROOM) as temporary:
            room = Path(temporary) / self.plugin_id
            room.mkdir()
            self._fill(room)
            (found,) = discover([Path(temporary)])
            if isinstance(found, BrokenPlugin):
                raise MedViewError(
                    "No plugin could be made of the model: {reason}",
                    "Describe it in a manifest by hand; docs say how.",
                    reason=str(found.reason),
                )
            os.replace(room, target)
        return replace(found, folder=target)

    def _fill(self, room: Path) -> None:
        records = [self._weights_record(room, name, *facts) for name, facts in self.weights.items()]
        manifest = {**self.manifest, "weights": records}
        (room / "plugin.toml").write_text(toml_text(manifest), encoding="utf-8")
        (room / "README.md").write_text(self.card, encoding="utf-8")
        if self.licence_text:
            (room / "LICENSE").write_text(self.licence_text, encoding="utf-8")

    def _weights_record(self, room: Path, name: str, source: Path, kind: str) -> dict[str, Any]:
        file = f"{name}{source.suffix}"
        shutil.move(source, room / file)
        sha256 = file_sha256(room / file)
        return {
            "id": name,
            "file": f"{self.plugin_id}/{file}",
            "source": f"folder:{file}",
            "sha256": sha256,
            "bytes": (room / file).stat().st_size,
            "format": kind,
            "licence": self.terms,
        }


def identifier(text: str) -> str:
    """Return a text as an id: small letters, digits and underscores, a letter first."""
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return words if re.match(r"[a-z]", words) else f"model_{words or 'imported'}"


def generic_segments(names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return segments of what a model finds, by number: colours far apart, and the code of any anatomical structure.

    What a structure is called in a model is free text: no code is guessed from it.
    """
    code = {
        "value": ANATOMICAL_STRUCTURE.value,
        "scheme": ANATOMICAL_STRUCTURE.scheme,
        "meaning": ANATOMICAL_STRUCTURE.meaning,
    }
    return [
        {"number": number, "label": name[:64] or f"Segment {number}", "colour": _colour(place)}
        | {"category": code, "type": code}
        for place, (number, name) in enumerate(names.items())
    ]


def toml_text(table: Mapping[str, Any]) -> str:
    """Return plain data as TOML: one key a line, tables within as inline tables; None is left out."""
    lines = [f"{_key(name)} = {_value(value)}\n" for name, value in table.items() if value is not None]
    return "".join(lines)


def _colour(place: int) -> list[int]:
    red, green, blue = colorsys.hsv_to_rgb((0.02 + place * _GOLDEN) % 1.0, 0.65, 0.92)
    return [round(255 * red), round(255 * green), round(255 * blue)]


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        rows = [_value(one) for one in value if one is not None]
        is_long = any(isinstance(one, Mapping) for one in value)
        return "[\n  " + ",\n  ".join(rows) + ",\n]" if is_long else "[" + ", ".join(rows) + "]"
    if isinstance(value, float):
        return repr(value)
    # what JSON makes of text, numbers and truth is TOML, too, but for one control character
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
