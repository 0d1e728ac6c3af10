"""What a saved result must tell of how it came about: each fact held against the plugin's own files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import medview
from medview.plugin import weights
from medview.plugin.discovery import Plugin, discover, find


def plugin_of(name: str) -> Plugin:
    """Return a shipped plugin."""
    found = find(name, discover())
    assert isinstance(found, Plugin)
    return found


def judgements_in(group: Any) -> list[str]:
    """Return what a group of a report says that a person thinks of its finding."""
    evaluations = group.get_qualitative_evaluations()
    return [str(one.value.meaning) for one in evaluations if one.name.meaning == "Status of the finding"]


def parted(text: str, between: str) -> dict[str, str]:
    """Return "a=1;b=2" by its names."""
    return dict(part.split("=", 1) for part in text.split(between))


def holds_provenance(told: Mapping[str, str], name: str, parameters: Mapping[str, str], series_uid: str) -> None:
    """Fail where a fact of a run on the processor is missing or is not true (weights and manifest by their bytes)."""
    plugin = plugin_of(name)
    assert told["manifest_sha256"] == _sha256(plugin.folder / "plugin.toml")
    for record in plugin.manifest.weights:
        path = weights.locate(record, plugin.folder)
        assert path is not None
        assert told[f"weights_sha256.{record.id}"] == _sha256(path)
    assert told["device"] == "cpu"
    assert told["precision"] == "float32"
    assert told["rung"] == "none"
    assert {key.removeprefix("parameters."): text for key, text in told.items() if key.startswith("parameters.")} == (
        dict(parameters)
    )
    assert 0 < float(told["seconds.total"]) < 600
    assert abs((datetime.now(UTC) - datetime.fromisoformat(told["started"])).total_seconds()) < 600
    assert told["medview_version"] in (medview.__version__, "unreleased")
    assert told["input.series_instance_uid"] == series_uid


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
