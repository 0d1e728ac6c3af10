"""Plugins are found where they may lie, and nothing of them is imported for it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from medview.plugin.discovery import BrokenPlugin, Plugin, discover, find
from tests.plugin.folders import CODE, MANIFEST, write_plugin


def install(site: Path, plugin_id: str, entry: str) -> None:
    """Put a distribution with a plugin and its entry point into a folder of packages."""
    write_plugin(site / "acme_models", MANIFEST.replace('"threshold"', f'"{plugin_id}"', 1), CODE, name=plugin_id)
    (site / "acme_models" / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    facts = site / f"acme_{plugin_id}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{plugin_id}\nVersion: 1.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text(f"[medview.plugins]\n{plugin_id} = {entry}\n", encoding="utf-8")


def test_a_plugin_of_an_installed_package_is_found_without_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "acme", "acme_models.acme")
    install(tmp_path, "gone", "acme_models.elsewhere")
    monkeypatch.syspath_prepend(tmp_path)
    plugin = find("acme", discover())
    assert plugin.folder == tmp_path / "acme_models" / "acme"
    assert "acme_models" not in sys.modules
    assert "gone" not in {p.manifest.id for p in discover() if isinstance(p, Plugin)}
    assert callable(plugin.load())


def test_a_package_cannot_stand_in_for_a_shipped_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "body_and_lungs", "acme_models.body_and_lungs")
    monkeypatch.syspath_prepend(tmp_path)
    found = discover()
    (broken,) = [p for p in found if isinstance(p, BrokenPlugin)]
    assert broken.folder == tmp_path / "acme_models" / "body_and_lungs"
    assert str(broken.reason) == "Another plugin has the id body_and_lungs already."
    assert tmp_path not in find("body_and_lungs", found).folder.parents
    assert np.all([isinstance(p, Plugin) for p in found if p is not broken])
