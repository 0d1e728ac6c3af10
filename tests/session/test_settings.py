"""What a person has chosen is there the next time; what could name a patient is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medview.session.settings import DEFAULTS, Settings


def test_a_choice_is_kept_and_told(tmp_path: Path) -> None:
    settings, told = Settings(tmp_path / "settings.json"), []
    settings.changed.connect(told.append)
    settings["brush_radius_mm"] = 3.5
    settings["brush_radius_mm"] = 3.5
    assert told == ["brush_radius_mm"]
    assert Settings(tmp_path / "settings.json")["brush_radius_mm"] == 3.5


def test_the_folder_opened_last_is_not_written_down(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings["last_folder"] = "/images/DOE^JANE"
    settings["theme"] = "light"
    assert settings["last_folder"] == "/images/DOE^JANE"
    assert "DOE" not in (tmp_path / "settings.json").read_text()
    assert Settings(tmp_path / "settings.json")["last_folder"] == ""


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"theme": 7, "unknown": 1}'])
def test_a_broken_file_gives_the_defaults(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content)
    settings = Settings(path)
    assert {name: settings[name] for name in DEFAULTS} == DEFAULTS
    settings["theme"] = "light"
    assert json.loads(path.read_text())["theme"] == "light"


def test_a_setting_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="colour"):
        Settings(tmp_path / "settings.json")["colour"] = "red"
