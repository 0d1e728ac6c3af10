"""The configuration of a MONAI bundle read as data: references to values are followed, expressions are not run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medview.errors import MedViewError

_REFERENCE = re.compile(r"@[A-Za-z0-9_]+(?:(?:::|#)[A-Za-z0-9_]+)*")
_DEEPEST = 32
_DATA_ONLY = "MedView reads bundles as data and runs nothing of them. Write the value itself into the configuration."


@dataclass(frozen=True)
class BundleConfig:
    """An `inference.json`."""

    table: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """Return a part of it with all references in it followed; None where it has none of this name.

        Raises
        ------
        MedViewError
            An expression ("$...") or a reference to one stands where a value is needed.
        """
        return self.plain(self.table[name], name) if name in self.table else None

    def plain(self, value: Any, place: str, depth: int = 0) -> Any:
        """Return a value as plain data; `place` tells a person where it stands."""
        if depth > _DEEPEST:
            raise _expression(place, "@ in a circle")
        if isinstance(value, Mapping):
            return {str(k): self.plain(v, f"{place}.{k}", depth + 1) for k, v in value.items()}
        if isinstance(value, list):
            return [self.plain(one, f"{place}.{number}", depth + 1) for number, one in enumerate(value)]
        if isinstance(value, str) and value.startswith("$"):
            raise _expression(place, value)
        if isinstance(value, str) and value.startswith("@"):
            return self.plain(self._referred(value, place), place, depth + 1)
        if isinstance(value, str) and value.startswith("%"):
            raise _expression(place, value)  # a macro: another file's content
        return value

    def steps(self, name: str) -> list[tuple[str, Any]]:
        """Return the transforms of a Compose, each with its place, not yet read; [] where there are none."""
        found = self.table.get(name)
        if isinstance(found, Mapping):
            found = found.get("transforms", [found])
        if isinstance(found, str):
            found = self._referred(found, name) if found.startswith("@") else _raise(_expression(name, found))
        return [(f"{name}.{number}", step) for number, step in enumerate(found or [])]

    def target(self, step: Any, place: str) -> str:
        """Return the name of what a part is made by, without its package."""
        name = step.get("_target_") if isinstance(step, Mapping) else None
        if not isinstance(name, str) or name.startswith(("$", "@", "%")):
            raise _expression(place, str(name or step)[:80])
        package, _, last = name.rpartition(".")
        if package and not package.startswith("monai."):
            raise MedViewError(
                "The bundle's {place} is made by {target}, which is code of the bundle's own.",
                "MedView runs no code of a bundle. Ask its author for one of MONAI's own parts only.",
                place=place,
                target=name,
            )
        return last

    def _referred(self, text: str, place: str) -> Any:
        if not _REFERENCE.fullmatch(text):
            raise _expression(place, text)
        found: Any = self.table
        for part in re.split(r"::|#", text[1:]):
            if isinstance(found, Mapping) and part in found:
                found = found[part]
            elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
                found = found[int(part)]
            else:
                raise MedViewError(
                    "The bundle's {place} refers to {reference}, which is not there.",
                    "Ask for the whole bundle.",
                    place=place,
                    reference=text,
                )
        return found


def _expression(place: str, text: str) -> MedViewError:
    return MedViewError(
        "The bundle's {place} is an expression and no value: {text}",
        _DATA_ONLY,
        place=place,
        text=text[:120],
    )


def _raise(error: MedViewError) -> Any:
    raise error
