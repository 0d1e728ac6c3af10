"""Which fields stand in which corner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medview.imaging.display_size import DisplaySize
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.acquisition_facts import AcquisitionFacts
from medview.study.series import Instance, Patient, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume
from medview.view.corner_fields import FIELDS
from medview.view.corner_set import CORNERS, CornerSet, minimal_fields, shipped_corners
from medview.view.corner_text import corner_text
from medview.view.slice_view import SliceView
from tests.view.scenes import AXIAL


@pytest.fixture
def scene() -> Scene:
    taken = AcquisitionFacts("R", "MLO", 12.5, 550.0, 1.5, 120.0)
    instances = tuple(Instance(Path(f"{n}.dcm"), f"1.2.{n}", acquisition=taken) for n in range(7))
    series = Series(
        "1.2.3", "1.2", modality="MR", series_number=7, series_description="t1", contrast_bolus_agent="Gado",
        instances=instances, geometry=AXIAL,
    )  # fmt: skip
    facts = StudyFacts(
        "1.2", "20240131", "1015", "Head", "A-77", "City", Patient("Doe^Jane", "ID-42", "19700102", "F"), "S-9", "054Y"
    )
    array = np.zeros(AXIAL.shape, np.int16)
    return Scene(Study(facts, (series,)), Volume(array, AXIAL, series), (500.0, 1000.0))


def said(scene: Scene, corners: CornerSet | None = None, **options: object) -> dict[str, list[str]]:
    viewport = Viewport("axial")
    picture = SliceView(scene, viewport).picture((500, 400))
    shown = corner_text(scene, viewport, picture, (500, 400), corners=corners, **options)  # type: ignore[arg-type]
    return {corner: [str(line.text) for line in getattr(shown, corner)] for corner in CORNERS}


def test_the_shipped_set_is_that_of_the_conventions(scene: Scene) -> None:
    """viewer-conventions 4, the Weasis set; rotation and fidelity stand with the badges at the top left."""
    shown = said(scene)
    assert shown["top_left"][1:4] == ["Doe, Jane", "1970-01-02 F", "ID-42"]
    assert shown["top_right"] == ["City", "Head", "S-9", "A-77", "2024-01-31 10:15"]
    assert shown["bottom_right"] == ["Series 7", "Right side", "MLO", "Contrast: Gado", "t1", "Location 16.0 mm"]
    assert shown["bottom_left"] == ["Slice 4/7", "Zoom 4444 %", "W 1000  L 500"]


def test_every_field_can_be_chosen(scene: Scene) -> None:
    shown = said(scene, CornerSet(top_right=tuple(FIELDS)))
    for line in ("Age 54 years", "TR 550 ms  TE 12.5 ms", "1.5 T", "120 kVp", "9 rows, 11 columns"):
        assert line in shown["top_right"]
    assert shown["bottom_left"] == []


def test_a_choice_leaves_other_corners_as_shipped_and_unknown_fields_out() -> None:
    chosen = CornerSet.chosen({"top_left": ["patient_id", "nonsense", "patient_id", 3], "bottom_left": "no list"})
    assert chosen.top_left == ("patient_id",)
    assert chosen.bottom_left == shipped_corners().bottom_left


def test_nobody_is_named_wherever_the_names_were_put(scene: Scene) -> None:
    corners = CornerSet(bottom_right=tuple(FIELDS))
    everything = " ".join(said(scene, corners, patient_text=False)["bottom_right"])
    for secret in ("Doe", "1970", "ID-42", "City", "Head", "S-9", "A-77", "2024", "54"):
        assert secret not in everything
    assert "Right side" in everything


def test_little_text_keeps_what_is_misread_without_and_none_keeps_warnings(scene: Scene) -> None:
    little = said(scene, mode="minimal")
    assert little["top_right"] == []
    assert little["bottom_right"] == ["Right side", "MLO"]
    assert little["bottom_left"] == ["Slice 4/7", "Zoom 4444 %", "W 1000  L 500"]
    none = said(scene, mode="none")
    assert (none["top_right"], none["bottom_left"], none["bottom_right"]) == ([], [], [])
    assert "Axial" not in none["top_left"]


def test_fields_of_the_shipped_file_are_all_known() -> None:
    named = [name for corner in CORNERS for name in shipped_corners().of(corner)]
    assert len(named) == len(set(named)) == 21
    assert minimal_fields() <= set(named)


def test_zoom_counts_the_pixels_of_the_screen(scene: Scene) -> None:
    viewport = Viewport("axial")
    viewport.update(fit="one_to_one")
    picture = SliceView(scene, viewport).picture((500, 400), display=DisplaySize(1.5))
    shown = corner_text(scene, viewport, picture, (500, 400))
    assert picture.transform.scale_x == pytest.approx(1 / 1.5)
    assert "Zoom 100 %" in [str(line.text) for line in shown.bottom_left]
