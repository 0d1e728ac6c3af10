"""What stands in the corners, and what must not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.date_text import date_text, moment_text, time_text
from medview.study.patient_name import patient_name
from medview.view.corner_fields import Pointed
from medview.view.corner_text import CornerText, corner_text
from medview.view.scale_bar import scale_bar
from medview.view.slice_view import SliceView
from tests.view.scenes import AXIAL, draw, grid, lit, scene_of

PANE = (500, 400)
FACTS: dict[str, Any] = {"series_number": 4, "series_description": "Thorax 5.0 B40f", "slice_thickness_mm": 5.0}


def texts(scene: Scene, viewport: Viewport | None = None, size: tuple[int, int] = PANE, **options: Any) -> CornerText:
    viewport = viewport or Viewport("axial")
    picture = SliceView(scene, viewport).picture(size)
    return corner_text(scene, viewport, picture, size, **options)


def said(lines: Any) -> list[str]:
    return [str(line.text) for line in lines]


@pytest.fixture
def scene() -> Scene:
    return scene_of(lit(AXIAL, (3, 4, 5)), AXIAL, (500.0, 1000.0), **FACTS)


def test_the_four_corners_say_who_what_when_and_where(scene: Scene) -> None:
    shown = texts(scene)
    assert said(shown.top_left) == ["Axial", "Doe, Jane M", "1970-01-02 F", "ID-42", "Full fidelity"]
    assert said(shown.top_right) == ["City", "Chest with contrast", "2024-01-31 10:15:02"]
    assert said(shown.bottom_right) == ["Series 4", "Thorax 5.0 B40f", "Thickness 5 mm", "Location 16.0 mm"]
    assert said(shown.bottom_left) == ["Slice 4/7", "Zoom 4444 %", "W 1000  L 500"]
    assert scene.cursor_mm[2] == 16.0


def test_no_name_no_date_and_no_place_without_leave(scene: Scene) -> None:
    shown = texts(scene, patient_text=False)
    everything = " ".join(said((*shown.top_left, *shown.top_right, *shown.bottom_left, *shown.bottom_right)))
    for secret in ("Doe", "Jane", "1970", "ID-42", "City", "2024", "Chest"):
        assert secret not in everything
    assert said(shown.top_left) == ["Axial", "Full fidelity"]


def test_a_small_pane_keeps_what_is_needed_to_read_the_image(scene: Scene) -> None:
    shown = texts(scene, size=(200, 180))
    assert said(shown.top_left) == ["Axial", "Full fidelity"]
    assert shown.top_right == shown.bottom_right == ()
    assert [text.split()[0] for text in said(shown.bottom_left)] == ["Slice", "Zoom", "W"]


def test_the_value_under_the_mouse_has_its_unit_and_its_place_in_the_patient(scene: Scene) -> None:
    shown = texts(scene, pointed=Pointed(np.array([-12.34, 56.78, 9.0]), -123.0))
    assert said(shown.bottom_left)[:2] == ["R 12.3  P 56.8  H 9.0 mm", "-123 HU"]
    assert said(texts(scene, pointed=Pointed(np.zeros(3), None)).bottom_left)[0].startswith("Slice")


def test_nothing_is_called_millimetre_without_a_spacing() -> None:
    geometry = grid((0, 0, 1), (0, 1, 0), (1, 0, 0), has_spacing=False)
    scene = scene_of(lit(geometry, (0, 0, 0)), geometry, **FACTS)
    viewport = Viewport("axial")
    viewport.update(slab_mm=4.0)
    shown = texts(scene, viewport, pointed=Pointed(geometry.to_mm((2, 3, 4)), 7.0))
    everything = said((*shown.top_left, *shown.top_right, *shown.bottom_left, *shown.bottom_right))
    assert not [text for text in everything if "mm" in text]
    assert said(shown.bottom_left)[0] == "(5, 4, 3)"
    assert "MIP, slab of 4 px" in everything


def test_no_patient_letters_without_an_orientation() -> None:
    geometry = grid((0, 0, 1), (0, 1, 0), (1, 0, 0), has_orientation=False)
    scene = scene_of(lit(geometry, (0, 0, 0)), geometry)
    shown = texts(scene, pointed=Pointed(geometry.to_mm((2, 3, 4)), 7.0))
    assert said(shown.bottom_left)[0] == "(5, 4, 3)"
    assert not [text for text in said(shown.bottom_right) if text.startswith("Location")]


@pytest.mark.parametrize(
    ("facts", "edits", "expected"),
    [
        ({"plugin": "brain_extraction", "plugin_version": "1.0.0"}, 0, "AI: brain_extraction 1.0.0"),
        ({"plugin": "brain_extraction", "plugin_version": "1.0.0"}, 2, "AI: brain_extraction 1.0.0, edited"),
        ({"plugin": "body_and_lungs", "plugin_version": "1", "classical": True}, 0, "Computed: body_and_lungs 1"),
        (
            {"plugin": "body_and_lungs", "plugin_version": "1", "classical": True},
            1,
            "Computed: body_and_lungs 1, edited",
        ),
        ({}, 3, "Mask: drawn by hand"),
    ],
)
def test_a_badge_says_what_made_the_mask(scene: Scene, facts: dict[str, Any], edits: int, expected: str) -> None:
    draw(scene, np.ones(AXIAL.shape, np.uint8), **facts).edits = edits
    badge = texts(scene).top_left[-1]
    assert (str(badge.text), badge.mark) == (expected, "badge")
    scene.update(mask_visible=False)
    assert expected not in said(texts(scene).top_left)


def test_a_window_that_shows_nothing_is_marked(scene: Scene) -> None:
    assert [line.mark for line in texts(scene).bottom_left] == ["", "", ""]
    scene.update(window=(5000.0, 100.0))
    assert texts(scene).bottom_left[-1].mark == "warning"
    scene.update(window=(-500.0, 100.0))
    assert texts(scene).bottom_left[-1].mark == "warning"


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("Doe^Jane", "Doe, Jane"),
        ("Doe", "Doe"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou / 山田, 太郎 / やまだ, たろう"),
        ("^Jane", "Jane"),
        ("", ""),
    ],
)
def test_names_are_written_as_they_are_read(stored: str, read: str) -> None:
    assert patient_name(stored) == read


def test_dates_and_times_that_are_none_are_left_as_they_are() -> None:
    assert [date_text(date) for date in ("20240131", "2024.01.31")] == ["2024-01-31"] * 2
    assert [date_text(date) for date in ("", "***", "2024")] == [""] * 3
    assert moment_text("20240131", "101530.25") == "2024-01-31 10:15:30"
    assert moment_text("20240131101530.25+0100") == "2024-01-31 10:15:30"
    assert [moment_text(date) for date in ("20240131", "", "soon")] == ["2024-01-31", "", ""]
    assert (time_text("101502.123"), time_text("1015"), time_text("")) == ("10:15:02", "10:15", "")


@pytest.mark.parametrize(
    ("px_per_mm", "expected"), [(1.0, 100.0), (2.1, 50.0), (10.0, 10.0), (0.3, 200.0), (47.0, 2.0), (1000.0, 0.1)]
)
def test_the_scale_bar_is_the_longest_of_a_round_length(px_per_mm: float, expected: float) -> None:
    bar = scale_bar(px_per_mm, 120.0)
    assert bar is not None
    assert bar.length_mm == pytest.approx(expected)
    assert bar.length_px == pytest.approx(expected * px_per_mm)
    assert bar.length_px <= 120.0
    assert bar.text == f"{expected:g} mm"


def test_there_is_no_scale_bar_where_there_is_no_scale() -> None:
    assert scale_bar(0.0, 100.0) is None
