"""A picture of a volume that is still being read: what is not there is told, and never shown as anatomy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medview.imaging.plane import PlaneName, SlicePlane
from medview.session.loading import Loading
from medview.session.scene import Scene
from medview.session.viewport import SlabMode, Viewport
from medview.view.corner_text import corner_text
from medview.view.slice_view import SliceView
from medview.view.unread import unread
from tests.view.scenes import AXIAL, GRIDS, scene_of, tilted

PANE = (500, 400)


def loading_scene(name: str = "axial, thick slices", *read: int) -> Scene:
    """Return a scene of ones of which some slices have been read; the rest of the array is zero."""
    geometry = GRIDS[name]
    array = np.zeros(geometry.shape, np.int16)
    whole = scene_of(array, geometry, (0.5, 1.0))
    loading = Loading(geometry.shape[0])
    for index in read:
        array[index] = 1
        loading.mark(index)
    return Scene(whole.study, whole.volume, whole.window, loading)


def test_a_slice_that_is_there_is_whole_and_one_that_is_not_is_marked_from_edge_to_edge() -> None:
    scene = loading_scene("axial, thick slices", 3)
    view = SliceView(scene, Viewport("axial"))
    picture = view.picture(PANE)
    assert picture.slice_index == 3
    assert picture.unread == ()
    scene.move_cursor(AXIAL.to_mm((4, 4, 5)))
    assert view.picture(PANE).unread == ((0, 0, 11, 9),)


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("pane", ["axial", "coronal", "sagittal"])
def test_across_the_images_exactly_the_pixels_that_have_not_been_read_are_marked(name: str, pane: PlaneName) -> None:
    scene = loading_scene(name, 2, 3, 5)
    view = SliceView(scene, Viewport(pane))
    picture = view.picture(PANE)
    marked = np.zeros(picture.values.shape, bool)
    for left, top, width, height in picture.unread:
        marked[top : top + height, left : left + width] = True
    assert np.array_equal(marked, picture.values == 0)


def test_what_arrives_is_shown_and_the_picture_of_before_is_not() -> None:
    scene = loading_scene("axial, thick slices", 2, 3)
    view = SliceView(scene, Viewport("coronal"))
    assert view.picture(PANE).unread == ((0, 0, 11, 3), (0, 5, 11, 2))
    assert scene.loading is not None
    written: Any = scene.volume.array.base
    written[4] = 1
    scene.loading.mark(4)
    picture = view.picture(PANE)
    assert picture.unread == ((0, 0, 11, 2), (0, 5, 11, 2))
    assert picture.grey[2].min() == 255


def test_a_slab_along_the_images_needs_those_that_lie_in_it() -> None:
    scene = loading_scene("axial, thick slices", 2, 3, 4)  # 3 mm apart, the cursor is on slice 3
    viewport = Viewport("axial")
    viewport.slab_mm = 6.5
    picture = SliceView(scene, viewport).picture(PANE)
    assert picture.unread == ()
    assert np.all(picture.values == 1)
    viewport.slab_mm = 12.5
    assert SliceView(scene, viewport).picture(PANE).unread == ((0, 0, 11, 9),)


@pytest.mark.parametrize("mode", ["max", "mean", "min"])
def test_a_slab_across_the_images_shows_what_has_been_read(mode: SlabMode) -> None:
    scene = loading_scene("axial, thick slices", 2, 3, 5)
    viewport = Viewport("coronal")
    viewport.update(slab_mm=3.0, slab_mode=mode)
    picture = SliceView(scene, viewport).picture(PANE)
    marked = np.zeros(picture.values.shape, bool)
    for left, top, width, height in picture.unread:
        marked[top : top + height, left : left + width] = True
    assert np.array_equal(marked, picture.values == 0)


def test_an_interpolated_plane_needs_every_image() -> None:
    plane = SlicePlane.of(tilted(20.0), "coronal")
    some = np.array([True, False, True, True, True, True, True])
    assert unread(some, plane, 3, (40, 30), is_slice=False) == ((0, 0, 40, 30),)
    assert unread(np.ones(7, bool), plane, 3, (40, 30), is_slice=False) == ()
    assert unread(None, plane, 3, (40, 30), is_slice=False) == ()


def test_no_value_is_told_of_what_has_not_been_read() -> None:
    scene = loading_scene("axial, thick slices", 3)
    picture = SliceView(scene, Viewport("coronal")).picture(PANE)
    point = AXIAL.to_mm((3, 4, 5))
    assert picture.value_at_pane(*picture.mm_to_pane(point)) == 1.0
    assert picture.value_at_pane(*picture.mm_to_pane(AXIAL.to_mm((4, 4, 5)))) is None
    assert scene.value_at(point) == 1.0
    assert scene.value_at(AXIAL.to_mm((4, 4, 5))) is None


def test_the_corner_says_how_many_images_are_there_and_when_no_more_will_come() -> None:
    scene = loading_scene("axial, thick slices", 2, 3)
    viewport = Viewport("axial")

    def said() -> dict[str, str]:
        picture = SliceView(scene, viewport).picture(PANE)
        return {str(line.text): line.mark for line in corner_text(scene, viewport, picture, PANE).top_left}

    assert said()["Reading: 2 of 7 images"] == "badge"
    assert scene.loading is not None
    scene.loading.stop()
    assert said()["Not whole: 2 of 7 images were read"] == "warning"
    scene.complete(scene.volume, (0.5, 1.0))
    assert not [text for text in said() if "images" in text]
