"""A person's own window presets, in their file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from medview.imaging.window_presets import WindowPreset, window_presets
from medview.session import own_presets


def test_what_the_conventions_ask_for_is_shipped() -> None:
    """viewer-conventions 2: soft 400/40, lung, mediastinum, bone, brain, stroke, liver, angio, on the keys 2 to 9."""
    assert [(p.window[1], p.window[0]) for p in window_presets("CT")] == [
        (400, 40), (1500, -600), (350, 50), (2000, 400), (80, 40), (40, 40), (150, 90), (600, 200),
    ]  # fmt: skip


def test_presets_come_back_and_those_shipped_are_not_written(medview_home: Path) -> None:
    mine = (WindowPreset("a", "Mine", (12.5, 99.0)), *window_presets("CT")[:1])
    own_presets.keep_presets("CT", mine)
    assert own_presets.presets_of("CT") == mine
    assert own_presets.presets_of("PT") == window_presets("PT")
    own_presets.keep_presets("CT", window_presets("CT"))
    assert json.loads((medview_home / "window_presets.json").read_text(encoding="utf-8")) == {}


def test_a_file_that_changes_is_read_again_and_nonsense_is_left_out(medview_home: Path) -> None:
    path = medview_home / "window_presets.json"
    rows = [{"id": "x", "title": "Good", "window": [1, 2]}, {"id": "y"}, 7, {"id": "z", "title": "", "window": [1, 0]}]
    path.write_text(json.dumps({"CT": rows, "MR": "?"}), encoding="utf-8")
    assert [p.title for p in own_presets.presets_of("CT")] == ["Good"]
    assert own_presets.presets_of("MR") == window_presets("MR")
    path.write_text("{", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert own_presets.presets_of("CT") == window_presets("CT")


@pytest.mark.parametrize("width", [0, -3, float("nan"), float("inf")])
def test_a_window_without_a_width_is_none(medview_home: Path, width: float) -> None:
    rows = [{"id": "x", "title": "Bad", "window": [1, width]}]
    (medview_home / "window_presets.json").write_text(json.dumps({"CT": rows}), encoding="utf-8")
    assert own_presets.presets_of("CT") == ()
