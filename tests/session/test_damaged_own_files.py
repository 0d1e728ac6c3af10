"""What a person has made and written: a damaged file does no harm, and is not written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.imaging.volume_look import VolumeLook
from medview.imaging.window_presets import WindowPreset
from medview.session.hanging_rule import read_hanging
from medview.session.own_presets import keep_presets
from medview.session.saved_layouts import SavedLayouts
from medview.session.volume_looks import function_in_use, keep_look
from medview.view.corner_set import CornerSet, shipped_corners

CELLS = {
    "no cell": "[]",
    "unknown kind": '[{ name = "a", kind = "mystery", slot = 0, at = [0, 0] }]',
    "far away": '[{ name = "a", kind = "axial", slot = 0, at = [0, 1000000000] }]',
    "no size": '[{ name = "a", kind = "axial", slot = 0, at = [0, 0], span = [0, 0] }]',
    "below zero": '[{ name = "a", kind = "axial", slot = -3, at = [-1, 0] }]',
    "words": '[{ name = "a", kind = "axial", slot = 0, at = ["x", "y"] }]',
    "one name twice": '[{ name = "a", kind = "axial", slot = 0, at = [0, 0] },'
    ' { name = "a", kind = "coronal", slot = 0, at = [0, 1] }]',
    "no main window": '[{ name = "a", kind = "axial", slot = 0, at = [0, 0], window = 1 }]',
}


@pytest.mark.parametrize("fault", CELLS)
def test_an_impossible_layout_is_refused_and_left_as_it_is(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "layouts.toml"
    path.write_text(f'[[layout]]\ntitle = "Mine"\ncells = {CELLS[fault]}\n', encoding="utf-8")
    before = path.read_bytes()
    saved = SavedLayouts(path)
    assert saved.layouts == ()
    with pytest.raises(MedViewError, match="cannot be read"):
        saved.delete("own: Mine")
    assert path.read_bytes() == before


@pytest.mark.parametrize("fault", CELLS)
def test_a_hanging_protocol_with_an_impossible_layout_cannot_be_used(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        f'title = "Mine"\n[[stage]]\nlayout = {{ cells = {CELLS[fault]} }}\nshow = [{{ slot = 0 }}]\n', encoding="utf-8"
    )
    with pytest.raises(MedViewError, match="cannot be used"):
        read_hanging(path)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b""])
def test_damaged_presets_and_looks_are_set_aside_before_others_are_kept(medview_home: Path, content: bytes) -> None:
    for name in ("window_presets", "volume_looks"):
        (medview_home / f"{name}.json").write_bytes(content)
    keep_presets("CT", (WindowPreset("a", "Mine", (12.5, 99.0)),))
    keep_look("Mine", "CT", function_in_use(VolumeLook(), "CT"))
    for name in ("window_presets", "volume_looks"):
        (aside,) = medview_home.glob(f"{name}-damaged-*.json")
        assert aside.read_bytes() == content


def test_a_corner_with_nonsense_in_it_is_without_that() -> None:
    found = CornerSet.chosen({"top_left": [["patient_name"], {}, 7, "patient_name", "no such field"]})
    assert found.top_left == ("patient_name",)
    assert found.top_right == shipped_corners().top_right
