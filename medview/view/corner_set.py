"""Which fields stand in which corner: as shipped, or as a person has chosen."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast, get_args

from medview.paths import resources_folder
from medview.view.corner_fields import FIELDS

Corner = Literal["top_left", "top_right", "bottom_left", "bottom_right"]
CornerMode = Literal["full", "minimal", "none"]
CORNERS: tuple[Corner, ...] = get_args(Corner)
MODES: tuple[CornerMode, ...] = get_args(CornerMode)


@dataclass(frozen=True)
class CornerSet:
    """Names of fields (`medview.view.corner_fields.FIELDS`) by corner, from the top down."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()

    @classmethod
    def chosen(cls, corners: Mapping[str, Any]) -> CornerSet:
        """Return a person's choice, as the settings hold it; a corner that is not named there is as shipped.

        What is no field is left out: of another version, or mistyped.
        """
        own = {corner: _known(corners[corner]) for corner in CORNERS if isinstance(corners.get(corner), list)}
        shipped = shipped_corners()
        return cls(**{corner: own.get(corner, shipped.of(corner)) for corner in CORNERS})

    def of(self, corner: Corner) -> tuple[str, ...]:
        """Return the fields of a corner."""
        return cast("tuple[str, ...]", getattr(self, corner))

    def reduced(self, mode: CornerMode, *, patient_text: bool) -> CornerSet:
        """Return what of it may be seen.

        Parameters
        ----------
        mode
            "minimal" leaves what an image would be misread without, "none" nothing.
        patient_text
            Whether the patient and the examination may be named.
        """
        if mode == "full" and patient_text:
            return self
        kept = {name for name, field in FIELDS.items() if patient_text or field.kind == "image"}
        if mode != "full":
            kept &= minimal_fields() if mode == "minimal" else frozenset()
        return CornerSet(*(tuple(name for name in self.of(corner) if name in kept) for corner in CORNERS))


@lru_cache(maxsize=1)
def shipped_corners() -> CornerSet:
    """Return the corners as `resources/corner_text.toml` has them."""
    return CornerSet(**{corner: _known(names) for corner, names in _table()["corners"].items()})


@lru_cache(maxsize=1)
def minimal_fields() -> frozenset[str]:
    """Return the fields that a small pane keeps."""
    return frozenset(_known(_table()["minimal"]["fields"]))


def _table() -> dict[str, Any]:
    return tomllib.loads((resources_folder() / "corner_text.toml").read_text(encoding="utf-8"))


def _known(names: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name in FIELDS))
