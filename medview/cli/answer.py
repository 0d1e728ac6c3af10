"""What a verb answers: data for a program, text for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from medview.errors import MedViewError

SCHEMA_VERSION = 1  # of the JSON; fields may be added within a version, never changed or taken away


@dataclass(frozen=True)
class Answer:
    """`data` is printed with --json, `text` without it."""

    data: dict[str, Any]
    text: str

    def as_json(self, verb: str) -> dict[str, Any]:
        """Return the whole JSON answer."""
        return {"schema_version": SCHEMA_VERSION, "verb": verb, **self.data}


def error_as_json(verb: str, error: MedViewError) -> dict[str, Any]:
    """Return the JSON answer of a verb that failed."""
    return {
        "schema_version": SCHEMA_VERSION,
        "verb": verb,
        "error": str(error.message),
        "remedy": str(error.remedy),
    }
