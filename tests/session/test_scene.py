"""A scene from its first image to its last, and from one place of a 4-D series to the next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medview.errors import Sentence
from medview.session.loading import Loading, middle
from medview.session.scene import Scene
from medview.study.geometry import Geometry
from medview.study.series import GuardKind, GuardLine, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume

GRID = Geometry.from_axes((6, 4, 5), origin=(1, 2, 3), slice_step=(0, 0, 2), row_step=(0, 1, 0), column_step=(1, 0, 0))


def scene_of(
    geometry: Geometry = GRID, *, colours: bool = False, loading: Loading | None = None, **facts: Any
) -> Scene:
    series = Series("1.2", "1", geometry=geometry, **{"modality": "CT", **facts})
    array = np.zeros((*geometry.shape, 3) if colours else geometry.shape, np.uint8 if colours else np.int16)
    return Scene(Study(StudyFacts("1"), (series,)), Volume(array, geometry, series), (40.0, 400.0), loading)


def flat(geometry: Geometry = GRID) -> Geometry:
    return Geometry(geometry.shape, geometry.affine, has_depth=False)


def guard(kind: GuardKind) -> tuple[GuardLine, ...]:
    return (GuardLine(kind, Sentence("badge"), Sentence("meaning")),)


@pytest.mark.parametrize("count", range(1, 9))
def test_the_slice_read_first_is_the_slice_shown_first(count: int) -> None:
    shape = (count, 4, 5)
    assert scene_of(Geometry(shape, GRID.affine)).cursor_index[0] == middle(count) == Loading(count).wanted


def test_a_recording_begins_at_its_first_frame() -> None:
    scene = scene_of(flat(), guard=guard("cine"))
    assert scene.cursor_index[0] == 0 == Loading(6, is_recording=scene.series.is_recording).wanted


def test_the_slice_looked_at_is_wanted_next() -> None:
    loading = Loading(6)
    scene = scene_of(loading=loading)
    scene.move_cursor(GRID.to_mm((5, 1, 1)))
    assert loading.wanted == 5


@pytest.mark.parametrize(
    ("stored", "chosen", "shown"),
    [
        ((), None, (99.0, 9.0)),  # from the values of one slice, then of all
        ((), (7.0, 8.0), (7.0, 8.0)),  # a person's own window stays
        (((40.0, 400.0),), None, (40.0, 400.0)),  # the images came with it
    ],
)
def test_the_window_of_the_first_slice_gives_way_to_that_of_all_unless_it_was_chosen_or_stored(
    stored: tuple[tuple[float, float], ...], chosen: tuple[float, float] | None, shown: tuple[float, float]
) -> None:
    scene = scene_of(loading=Loading(6), windows=stored)
    if chosen is not None:
        scene.update(window=chosen)
    whole = Volume(np.ones(GRID.shape, np.float32), GRID, scene.series)
    told: list[bool] = []
    assert scene.loading is not None
    scene.loading.changed.connect(lambda: told.append(scene.is_whole))
    scene.complete(whole, (99.0, 9.0))
    assert scene.window == shown
    assert scene.volume is whole
    assert told == [True]


def test_one_plane_is_shown_of_what_cannot_be_cut_across() -> None:
    assert scene_of().only_plane is None
    assert scene_of(flat()).only_plane == "axial"
    assert scene_of(Geometry((1, 4, 5), GRID.affine)).only_plane == "axial"
    assert scene_of(colours=True, photometric_interpretation="RGB").only_plane == "axial"


def test_a_recording_is_told_from_slices_with_gaps() -> None:
    assert scene_of(flat(), guard=guard("cine")).is_recording
    assert not scene_of(flat(), guard=guard("missing")).is_recording
    assert not scene_of(Geometry((1, 4, 5), GRID.affine), guard=guard("cine")).is_recording


def test_the_value_of_colours_is_red_green_blue() -> None:
    scene = scene_of(colours=True, photometric_interpretation="RGB")
    array = np.zeros((*GRID.shape, 3), np.uint8)
    array[2, 1, 3] = (10, 20, 30)
    scene.volume = Volume(array, GRID, scene.series)
    assert scene.value_at(GRID.to_mm((2, 1, 3))) == (10, 20, 30)
    assert scene.value_at(GRID.to_mm((9, 1, 3))) is None


@pytest.mark.parametrize(
    ("modality", "photometric", "inverted"),
    [("PT", "MONOCHROME2", True), ("PT", "MONOCHROME1", False), ("CT", "MONOCHROME2", False)],
)
def test_pet_is_dark_on_white_once(modality: str, photometric: str, inverted: bool) -> None:
    assert scene_of(modality=modality, photometric_interpretation=photometric).inverted is inverted


def test_the_next_place_is_looked_at_as_the_one_before() -> None:
    before, after = scene_of(), scene_of()
    before.move_cursor(GRID.to_mm((4, 3, 1)))
    before.update(window=(5.0, 6.0), inverted=True, mask_outline=True, crosshair_visible=False)
    after.look_as(before)
    assert after.cursor_index == (4, 3, 1)
    assert (after.window, after.inverted, after.mask_outline) == ((5.0, 6.0), True, True)
    assert not after.crosshair_visible
    finer = Geometry.from_axes(
        (12, 4, 5), origin=(1, 2, 3), slice_step=(0, 0, 1), row_step=(0, 1, 0), column_step=(1, 0, 0)
    )
    other = scene_of(finer)
    other.look_as(before)
    assert other.cursor_mm.tolist() == before.cursor_mm.tolist()
