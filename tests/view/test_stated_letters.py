"""Letters of radiographs, which say themselves how they lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medview.imaging.plane import SlicePlane
from medview.session.viewport import Viewport
from medview.study.acquisition_facts import AcquisitionFacts
from medview.study.series import Instance
from medview.view.slice_view import SliceView
from medview.view.stated_letters import stated_letters
from tests.view.scenes import grid, scene_of

FILM = grid((0, 0, 1), (0, 1, 0), (1, 0, 0), shape=(1, 30, 40), has_orientation=False, has_spacing=False)


def plane(rotation_deg: int = 0, *, flipped: bool = False) -> SlicePlane:
    return SlicePlane.acquired(FILM).as_stored(rotation_deg, flipped=flipped)


def test_a_chest_from_behind_has_its_left_on_the_right() -> None:
    assert stated_letters(("L", "F"), plane()) == ("R", "L", "H", "F")
    assert stated_letters(("L", "F"), plane(flipped=True)) == ("L", "R", "H", "F")
    assert stated_letters(("L", "F"), plane(90)) == ("F", "H", "R", "L")
    assert stated_letters(("A", "FR"), plane()) == ("P", "A", "HL", "FR")


@pytest.mark.parametrize("told", [(), ("L",), ("L", ""), ("L", "R"), ("L", "L"), ("LR", "F"), ("X", "F"), ("LL", "F")])
def test_what_makes_no_sense_is_not_guessed_at(told: tuple[str, ...]) -> None:
    assert stated_letters(told, plane()) == ("", "", "", "")


def test_the_pane_shows_them_and_turns_them() -> None:
    said = AcquisitionFacts(patient_orientation=("L", "F"))
    film = Instance(Path("film.dcm"), "1.2", acquisition=said)
    scene = scene_of(np.zeros(FILM.shape, np.int16), FILM, modality="CR", instances=(film,))
    viewport = Viewport("axial")
    view = SliceView(scene, viewport)
    assert view.picture((400, 300)).letters == ("R", "L", "H", "F")
    viewport.update(is_mirrored=True)
    assert view.picture((400, 300)).letters == ("L", "R", "H", "F")
