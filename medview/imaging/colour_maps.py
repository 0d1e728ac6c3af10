"""Colour maps: from a level of 0 to 255 to a colour, as data that a person can read (resources/colour_maps.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medview.paths import resources_folder

Kind = Literal["sequential", "diverging", "steps"]


@dataclass(frozen=True)
class ColourMap:
    """A colour map.

    Attributes
    ----------
    id
        What is remembered in settings.
    title
        English, a key of the translation.
    kind
        "diverging" maps have nothing in the middle: they are for signed differences.
    source
        "PS3.6 B.1.n" for the Well-known Color Palettes of DICOM, "own" for the others.
    stops
        (level, red, green, blue), 0 to 255, sRGB, in the order of the levels.
    """

    id: str
    title: str
    kind: Kind
    source: str
    stops: tuple[tuple[int, int, int, int], ...]


@lru_cache(maxsize=1)
def colour_maps() -> tuple[ColourMap, ...]:
    """Return every colour map, in the order in which they are offered."""
    rows = tomllib.loads((resources_folder() / "colour_maps.toml").read_text(encoding="utf-8"))["map"]
    return tuple(
        ColourMap(
            row["id"], row["title"], row["kind"], row["source"], tuple((s[0], s[1], s[2], s[3]) for s in row["stops"])
        )
        for row in rows
    )


def colour_map(map_id: str) -> ColourMap:
    """Return the map of an id; grey where there is none of it (a setting of another version)."""
    return next((found for found in colour_maps() if found.id == map_id), colour_maps()[0])


@lru_cache(maxsize=32)
def colour_table(map_id: str, *, inverted: bool = False) -> NDArray[np.uint8]:
    """Return the colours of the levels 0 to 255: (256, 3) red, green, blue, read-only.

    Parameters
    ----------
    inverted
        Turn the map round: level 0 has the colour of 255.

    Examples
    --------
    >>> colour_table("hot_iron")[[0, 64, 128, 255]].tolist()
    [[0, 0, 0], [128, 0, 0], [255, 0, 0], [255, 255, 255]]
    """
    found = colour_map(map_id)
    levels, colours = np.array(found.stops)[:, 0], np.array(found.stops)[:, 1:]
    wanted = np.arange(256)
    if found.kind == "steps":
        table = colours[np.searchsorted(levels, wanted, side="right") - 1].astype(np.uint8)
    else:
        table = np.stack([np.rint(np.interp(wanted, levels, channel)) for channel in colours.T], axis=1).astype(
            np.uint8
        )
    table = np.ascontiguousarray(table[::-1] if inverted else table)
    table.flags.writeable = False
    return table
