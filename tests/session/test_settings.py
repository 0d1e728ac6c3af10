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


WRONG: list[dict[str, object]] = [
    {"shortcuts": 5},
    {"shortcuts": {"invert": 5}},
    {"shortcuts": {"invert": "Ctrl+J"}},  # each letter of it would be taken for a key
    {"shortcuts": {"invert": [5, None]}},
    {"corner_text": "x"},
    {"corner_text": {"top_left": [["x"]]}},
    {"window_places": {"1": 5}},
    {"display_px_per_mm": {"screen": float("inf")}},
    {"cine_fps": float("nan")},
    {"magnifier_zoom": -2.0},
    {"mask_opacity": 9.0},
    {"brush_radius_mm": float("nan")},
    {"brush_radius_mm": True},
    {"corner_mode": "all"},
    {"theme": "pink"},
    {"reference_lines": "some"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_cannot_be_used_is_as_shipped(tmp_path: Path, wrong: dict[str, object]) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"scroll_loops": True, **wrong}))
    settings = Settings(path)
    assert {name: settings[name] for name in DEFAULTS} == {**DEFAULTS, "scroll_loops": True}
    assert settings.error is None


def test_of_a_table_the_rows_that_can_be_used_are(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"shortcuts": {"invert": ["J"], "play": 7}, "cine_fps": 12, "brush_radius_mm": 3}))
    settings = Settings(path)
    assert settings["shortcuts"] == {"invert": ["J"]}
    assert (settings["cine_fps"], settings["brush_radius_mm"]) == (12.0, 3.0)


def test_a_broken_file_is_told_and_set_aside_before_another_is_written(tmp_path: Path) -> None:
    path, text = tmp_path / "settings.json", '{"shortcuts": {"invert": ["J"]},}'  # a comma too many
    path.write_text(text)
    settings = Settings(path)
    assert settings.error is not None
    assert path.read_text() == text
    settings["theme"] = "light"
    settings["theme"] = "dark"
    (aside,) = tmp_path.glob("settings-damaged-*.json")
    assert aside.read_text() == text
    assert Settings(path).error is None
