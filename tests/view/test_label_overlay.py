"""The mask over a slice: colours, hidden segments, outlines, and edits that refresh only their box."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.plane import PlaneName
from medview.session.viewport import PLANES, Viewport
from medview.study.history import Edit
from medview.study.segmentation import Segment
from medview.view.label_overlay import colour_indices, label_colours, overlay
from medview.view.slice_view import SliceView
from tests.view.scenes import GRIDS, draw, lit, scene_of

RED, BLUE = Segment(3, "Red", (200, 10, 20)), Segment(700, "Blue", (10, 20, 200))
PANE = (300, 200)


def test_each_segment_has_its_colour_and_the_opacity_chosen() -> None:
    labels = np.array([[0, 3], [700, 9]], dtype=np.uint16)
    drawn = overlay(colour_indices(labels, (RED, BLUE)), label_colours((RED, BLUE), frozenset(), 0.4))
    assert drawn.colours[drawn.indices].tolist() == [
        [[0, 0, 0, 0], [200, 10, 20, 102]],
        [[10, 20, 200, 102], [0, 0, 0, 0]],  # label 9 belongs to no segment
    ]
    assert not drawn.is_empty


def test_a_hidden_segment_is_not_drawn() -> None:
    labels = np.array([[0, 3], [700, 0]], dtype=np.uint16)
    indices = colour_indices(labels, (RED, BLUE))
    drawn = overlay(indices, label_colours((RED, BLUE), frozenset({3}), 1.0))
    assert drawn.colours[drawn.indices][..., 3].tolist() == [[0, 0], [255, 0]]
    assert [colour for colour, _ in drawn.outlines()] == [(10, 20, 200)]
    assert overlay(indices, label_colours((RED, BLUE), frozenset({3, 700}), 1.0)).is_empty
    assert overlay(np.zeros((2, 2), np.uint8), label_colours((RED, BLUE), frozenset(), 1.0)).is_empty


def test_the_outline_runs_along_the_outer_edges_of_the_voxels() -> None:
    labels = np.zeros((4, 5), dtype=np.uint8)
    labels[1:3, 1:4] = 3
    ((colour, edges),) = overlay(colour_indices(labels, (RED,)), label_colours((RED,), frozenset(), 1.0)).outlines()
    assert colour == (200, 10, 20)
    assert sorted(map(tuple, edges.tolist())) == [(1, 1, 1, 3), (1, 1, 4, 1), (1, 3, 4, 3), (4, 1, 4, 3)]


def test_a_voxel_at_the_corner_has_its_four_edges() -> None:
    labels = np.zeros((2, 2), dtype=np.uint8)
    labels[1, 1] = 3
    ((_, edges),) = overlay(colour_indices(labels, (RED,)), label_colours((RED,), frozenset(), 1.0)).outlines()
    assert len(edges) == 4


def test_the_mask_is_not_drawn_where_it_is_switched_off() -> None:
    geometry = GRIDS["coronal"]
    scene = scene_of(lit(geometry, (0, 0, 0)), geometry)
    view = SliceView(scene, Viewport("axial"))
    assert view.picture(PANE).overlay is None
    draw(scene, np.ones(geometry.shape, np.uint8))
    assert view.picture(PANE).overlay is not None
    scene.update(mask_visible=False)
    assert view.picture(PANE).overlay is None


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("name", GRIDS)
def test_an_edit_is_taken_up_where_it_was_made_and_nowhere_else(name: str, plane: PlaneName) -> None:
    geometry = GRIDS[name]
    scene = scene_of(lit(geometry, (0, 0, 0)), geometry)
    mask = draw(scene, np.zeros(geometry.shape, np.uint8))
    view = SliceView(scene, Viewport(plane))
    scene.move_cursor(geometry.to_mm((3, 4, 5)))
    view.picture(PANE)
    box = (slice(3, 5), slice(4, 7), slice(5, 9))
    painted = (np.arange(24).reshape(2, 3, 4) % 5 > 0).astype(np.uint8)
    scene.study.history.do(Edit(mask, box, np.zeros_like(painted), painted, "Brush"))
    rect = view.mark_changed(box)
    assert rect is not None
    changed = view.picture(PANE).overlay
    fresh = SliceView(scene, Viewport(plane)).picture(PANE).overlay
    assert changed is not None
    assert fresh is not None
    assert np.array_equal(changed.indices, fresh.indices)
    left, top, width, height = rect
    outside = fresh.indices.copy()
    outside[top : top + height, left : left + width] = 0
    assert not outside.any()
    assert fresh.indices.any()


def test_an_edit_of_another_slice_paints_nothing_anew() -> None:
    geometry = GRIDS["axial, thick slices"]
    scene = scene_of(lit(geometry, (0, 0, 0)), geometry)
    draw(scene, np.zeros(geometry.shape, np.uint8))
    view = SliceView(scene, Viewport("axial"))
    view.picture(PANE)
    assert view.mark_changed((slice(5, 6), slice(0, 2), slice(0, 2))) is None
