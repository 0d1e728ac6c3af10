"""What a verb answers: data for a program, text for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from medview.errors import MedViewError

SCHEMA_VERSION = 1  # of the JSON; fields may be added within a version, never changed or taken away


@dataclass(frozen=True)
class Answer:
    """`data` is printed with --json, `text` without it; `error` tells that the verb failed all the same.

    `is_report`: the text is what was asked for, and is printed although the verb failed.
    """

    data: dict[str, Any]
    text: str
    error: MedViewError | None = None
    is_report: bool = False

    def as_json(self, verb: str) -> dict[str, Any]:
        """Return the whole JSON answer."""
        failure = {} if self.error is None else _as_data(self.error)
        return {"schema_version": SCHEMA_VERSION, "verb": verb, **failure, **self.data}


def _as_data(error: MedViewError) -> dict[str, Any]:
    return {"error": str(error.message), "remedy": str(error.remedy)}
