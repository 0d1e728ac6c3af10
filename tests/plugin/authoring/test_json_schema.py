from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medview.plugin.authoring.json_schema import json_schema
from medview.plugin.manifest.manifest import Manifest

ROOT = Path(__file__).resolve().parents[3]


def test_the_file_in_docs_is_current() -> None:
    """`medview plugin schema -o docs/plugin.schema.json` writes it."""
    assert json.loads((ROOT / "docs" / "plugin.schema.json").read_text(encoding="utf-8")) == json_schema()


def test_fields_say_what_the_source_says_of_them() -> None:
    schema = json_schema()
    tables = schema["$defs"]
    assert set(schema["properties"]) == {field.alias or name for name, field in Manifest.model_fields.items()}
    assert schema["properties"]["classical"]["description"].startswith("True where nothing is learned")
    assert "nnU-Net, torch" in tables["GridRecord"]["properties"]["alignment"]["description"]
    # one entry that tells of two fields
    runtime = tables["Runtime"]["properties"]
    assert runtime["memory_mb"]["description"] == runtime["vram_mb"]["description"]
    assert set(tables["InputRecord"]["required"]) == {"modality"}


def test_it_forbids_unknown_keys_everywhere() -> None:
    schema = json_schema()
    tables: list[dict[str, Any]] = [schema, *(t for t in schema["$defs"].values() if "properties" in t)]
    assert all(table["additionalProperties"] is False for table in tables)
