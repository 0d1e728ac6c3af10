"""What a plugin.toml may say, for editors and other programs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from medview.plugin.manifest.manifest import Manifest
from medview.plugin.manifest.record import Record

_FIELDS = re.compile(r"\n\s*Attributes\n\s*-+\n")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a manifest: what pydantic checks, with what the source says of each field.

    What depends on several fields at once (ranges that rise, ids that are used twice) is not in it: `check_plugin`
    finds that.
    """
    schema = Manifest.model_json_schema(by_alias=True)
    records = {record.__name__: record for record in _records(Record)}
    for name, table in ({"Manifest": schema} | schema.get("$defs", {})).items():
        if name in records:
            _explain(table, records[name])
    kind = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": kind, **schema, "title": "plugin.toml of a MedView plugin"}


def _records(parent: type[Record]) -> Iterator[type[Record]]:
    for record in parent.__subclasses__():
        yield record
        yield from _records(record)


def _explain(table: dict[str, Any], record: type[Record]) -> None:
    """Give a table and its fields the words of the record's docstring."""
    said, *rest = _FIELDS.split(f"{inspect.getdoc(record)}\n")
    table["description"] = _flowing(said)
    for names, text in _sections(rest[0] if rest else ""):
        for name in names:
            alias = record.model_fields[name].alias or name
            table["properties"][alias]["description"] = text


def _sections(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield the names and the words of each entry of a NumPy-style list of attributes."""
    for entry in re.split(r"\n(?=\w)", text.strip()):
        names, _, said = entry.partition("\n")
        if said:
            yield [name.strip() for name in names.split(",")], _flowing(said)


def _flowing(text: str) -> str:
    """Return paragraphs as one line each."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text).strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
