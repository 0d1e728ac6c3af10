from __future__ import annotations

from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin.authoring.new_plugin import new_plugin
from medview.plugin.discovery import Plugin, discover


def test_it_is_found_where_the_person_keeps_plugins() -> None:
    folder = new_plugin("dense_things", "segment")
    assert folder == data_folder() / "plugins" / "dense_things"
    found = {plugin.manifest.id: plugin for plugin in discover() if isinstance(plugin, Plugin)}
    assert (found["dense_things"].manifest.name, found["dense_things"].folder) == ("Dense things", folder)


def test_code_is_short() -> None:
    folder = new_plugin("few_lines", "segment")
    code = [line for line in (folder / "few_lines.py").read_text().splitlines() if line.strip()]
    assert len(code) <= 20


@pytest.mark.parametrize("plugin_id", ["Mine", "9th", "../out", "a b", ""])
def test_a_name_that_is_no_id_is_refused(plugin_id: str, tmp_path: Path) -> None:
    with pytest.raises(MedViewError, match="is no id of a plugin"):
        new_plugin(plugin_id, "segment", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    new_plugin("mine", "segment", tmp_path)
    (tmp_path / "mine" / "plugin.toml").write_text("of mine")
    with pytest.raises(MedViewError, match="is there already"):
        new_plugin("mine", "detect", tmp_path)
    assert (tmp_path / "mine" / "plugin.toml").read_text() == "of mine"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
