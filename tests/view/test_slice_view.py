"""A voxel is seen where it lies in the patient, in every plane, however the images were acquired."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.plane import PlaneName
from medview.imaging.window import grey
from medview.session.viewport import PLANES, Viewport
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment
from medview.view.fidelity import Shown, fidelity
from medview.view.slice_view import SliceView
from tests.view.scenes import AXIAL, GRIDS, draw, grid, lit, scene_of, screen_axes, tilted

PANE = (401, 307)
INDEX = (2, 6, 3)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("name", GRIDS)
def test_a_voxel_lights_the_pixel_that_its_place_in_the_patient_says(name: str, plane: PlaneName) -> None:
    geometry = GRIDS[name]
    scene = scene_of(lit(geometry, INDEX), geometry)
    scene.move_cursor(geometry.to_mm(INDEX))
    picture = SliceView(scene, Viewport(plane)).picture(PANE)

    rows, columns = np.nonzero(picture.grey)
    assert len(rows) == 1
    seen = picture.transform.to_pane(columns[0] + 0.5, rows[0] + 0.5)
    assert seen == pytest.approx(_expected(geometry, plane), abs=1e-6)
    assert picture.mm_to_pane(geometry.to_mm(INDEX)) == pytest.approx(seen, abs=1e-6)
    assert picture.pane_to_mm(*seen) == pytest.approx(geometry.to_mm(INDEX), abs=1e-6)
    assert picture.value_at_pane(*seen) == 1000


def _expected(geometry: Geometry, plane: str) -> tuple[float, float]:
    """Return where the voxel must be: the volume's middle is the pane's, the scale is the same in both directions."""
    right, down = screen_axes(geometry, plane)
    extent = geometry.affine[:3, :3] * geometry.shape
    width, height = (np.abs(axis @ extent).max() for axis in (right, down))
    scale = min(PANE[0] / width, PANE[1] / height)
    offset = geometry.to_mm(INDEX) - geometry.centre_mm
    return PANE[0] / 2 + scale * float(offset @ right), PANE[1] / 2 + scale * float(offset @ down)


@pytest.mark.parametrize("plane", PLANES)
def test_patient_right_is_on_the_left_and_the_head_is_up(plane: PlaneName) -> None:
    expected = {
        "axial": ("R", "L", "A", "P"),
        "coronal": ("R", "L", "H", "F"),
        "sagittal": ("A", "P", "H", "F"),
    }[plane]
    straight = [name for name in GRIDS if "oblique" not in name]
    for name in straight:
        scene = scene_of(lit(GRIDS[name], INDEX), GRIDS[name])
        assert SliceView(scene, Viewport(plane)).picture(PANE).letters == expected, name


def test_letters_of_an_oblique_plane_name_the_lesser_directions_too() -> None:
    geometry = GRIDS["oblique"]
    picture = SliceView(scene_of(lit(geometry, INDEX), geometry), Viewport("axial")).picture(PANE)
    right = geometry.directions[:, 2]
    assert picture.letters[1][0] == "L"
    assert set(picture.letters[1][1:]) == {"P" if right[1] > 0 else "A", "H" if right[2] > 0 else "F"}


def test_there_are_no_letters_without_an_orientation_in_the_file() -> None:
    geometry = grid((0, 0, 1), (0, 1, 0), (1, 0, 0), has_orientation=False)
    picture = SliceView(scene_of(lit(geometry, INDEX), geometry), Viewport("axial")).picture(PANE)
    assert picture.letters == ("", "", "", "")


def test_zoom_and_pan_keep_the_millimetres_true() -> None:
    geometry = GRIDS["oblique"]
    viewport = Viewport("coronal")
    view = SliceView(scene_of(lit(geometry, INDEX), geometry), viewport)
    before = view.picture(PANE)
    viewport.update(zoom=2.5, pan_px=(30.0, -12.0))
    after = view.picture(PANE)
    middle = np.array(PANE) / 2
    for point in ((10.0, 20.0), (300.0, 250.0)):
        moved = middle + (np.array(point) - middle) * 2.5 + (30.0, -12.0)
        assert after.pane_to_mm(*moved) == pytest.approx(before.pane_to_mm(*point), abs=1e-9)
    assert after.grey is before.grey


def test_pixels_are_as_wide_as_they_are_in_the_patient() -> None:
    geometry = GRIDS["non-square pixels"]
    transform = SliceView(scene_of(lit(geometry, INDEX), geometry), Viewport("axial")).picture(PANE).transform
    assert transform.scale_x / transform.scale_y == pytest.approx(1.25 / 0.5)


def test_an_axial_image_is_shown_as_acquired_and_the_planes_across_it_are_said_to_be_made() -> None:
    scene = scene_of(lit(AXIAL, INDEX), AXIAL)
    views = {plane: SliceView(scene, Viewport(plane)).picture(PANE) for plane in PLANES}
    assert [views[plane].is_acquired for plane in PLANES] == [True, False, False]
    assert not any(views[plane].is_resampled for plane in PLANES)
    # no copy of the volume lies behind a plain slice
    assert all(np.shares_memory(views[plane].values, scene.volume.array) for plane in PLANES)


def test_only_what_changed_is_made_anew() -> None:
    scene = scene_of(lit(AXIAL, INDEX), AXIAL)
    draw(scene, np.ones(AXIAL.shape, dtype=np.uint8))
    view = SliceView(scene, Viewport("axial"))
    first = view.picture(PANE)
    scene.update(mask_opacity=0.9)
    second = view.picture(PANE)
    assert second.grey is first.grey
    assert second.overlay is not first.overlay
    scene.update(window=(5.0, 10.0))
    third = view.picture(PANE)
    assert third.grey is not first.grey
    assert third.values is first.values
    assert third.overlay is second.overlay
    scene.move_cursor(AXIAL.to_mm((4, 0, 0)))
    assert view.picture(PANE).slice_index == 4


def test_monochrome1_is_inverted_once_and_a_person_may_turn_it_back() -> None:
    array = np.arange(np.prod(AXIAL.shape), dtype=np.int16).reshape(AXIAL.shape)
    scene = scene_of(array, AXIAL, (300.0, 600.0), photometric_interpretation="MONOCHROME1")
    view = SliceView(scene, Viewport("axial"))
    plain = grey(array[scene.cursor_index[0]], (300.0, 600.0))
    assert np.array_equal(view.picture(PANE).grey, 255 - plain)
    scene.update(inverted=True)
    assert np.array_equal(view.picture(PANE).grey, plain)


@pytest.mark.parametrize(("mode", "expected"), [("max", 600), ("min", 400), ("mean", 500)])
def test_a_slab_projects_the_slices_whose_centres_lie_in_it(mode: str, expected: int) -> None:
    array = np.zeros(AXIAL.shape, dtype=np.int16)
    for slice_ in range(7):
        array[slice_] = 100 * (slice_ + 2)
    scene = scene_of(array, AXIAL)  # slices are 3 mm apart, the cursor is on slice 3
    viewport = Viewport("axial")
    viewport.update(slab_mm=6.5, slab_mode=mode)
    picture = SliceView(scene, viewport).picture(PANE)
    assert np.all(picture.values == expected)
    assert not picture.is_acquired
    viewport.update(slab_mm=5.9)
    assert np.all(SliceView(scene, viewport).picture(PANE).values == 500)


def test_the_crosshair_passes_through_the_cursor_and_says_which_plane_it_is() -> None:
    geometry = GRIDS["double oblique sagittal"]
    scene = scene_of(lit(geometry, INDEX), geometry)
    scene.move_cursor(geometry.to_mm(INDEX))
    for plane in PLANES:
        picture = SliceView(scene, Viewport(plane)).picture(PANE)
        x, y = picture.mm_to_pane(scene.cursor_mm)
        assert {line.plane for line in picture.crosshair} == set(PLANES) - {plane}
        upright = {"axial": "sagittal", "coronal": "sagittal", "sagittal": "coronal"}[plane]
        for line in picture.crosshair:
            x0, y0, x1, y1 = line.ends
            if line.plane == upright:
                assert (x0, x1) == pytest.approx((x, x), abs=1e-6)
            else:
                assert (y0, y1) == pytest.approx((y, y), abs=1e-6)
    scene.update(crosshair_visible=False)
    assert SliceView(scene, Viewport("axial")).picture(PANE).crosshair == ()


TILT = 18.5


def ball(geometry: Geometry, centre: np.ndarray, radius_mm: float) -> np.ndarray:
    """Return a ball in the patient, sampled on a grid."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1)
    distance = np.linalg.norm(geometry.to_mm(index) - centre, axis=-1)
    return np.clip((radius_mm - distance) * 400 + 500, 0, 1000).astype(np.int16)


@pytest.mark.parametrize("plane", ["coronal", "sagittal"])
def test_a_tilted_gantry_does_not_skew_the_patient(plane: PlaneName) -> None:
    geometry = tilted(TILT, (24, 80, 80))
    centre = geometry.centre_mm + (2.0, -3.0, 1.0)
    scene = scene_of(ball(geometry, centre, 18.0), geometry)
    scene.move_cursor(centre)
    picture = SliceView(scene, Viewport(plane)).picture((600, 600))
    assert picture.is_resampled
    rows, columns = np.nonzero(picture.values > 500)
    points = np.array([picture.grid.to_mm(x + 0.5, y + 0.5) for y, x in zip(rows, columns, strict=True)])
    across = points @ np.stack(screen_axes(Geometry((1, 1, 1), np.eye(4)), plane), axis=1)
    # a disc: the same spread in both directions and no correlation between them
    spread = np.cov(across.T)
    assert spread[0, 0] / spread[1, 1] == pytest.approx(1.0, abs=0.06)
    assert abs(spread[0, 1]) / spread[0, 0] < 0.03
    assert points.mean(axis=0) == pytest.approx(
        np.where(np.arange(3) == {"coronal": 1, "sagittal": 0}[plane], scene.cursor_mm, centre), abs=0.5
    )
    assert picture.letters[2:] == ("H", "F")


def test_the_acquired_plane_of_a_tilted_gantry_is_left_as_it_is_and_crosses_the_others_at_its_tilt() -> None:
    geometry = tilted(TILT, (24, 80, 80))
    scene = scene_of(ball(geometry, geometry.centre_mm, 18.0), geometry)
    axial = SliceView(scene, Viewport("axial")).picture((600, 600))
    assert axial.is_acquired
    assert np.shares_memory(axial.values, scene.volume.array)
    sagittal = SliceView(scene, Viewport("sagittal")).picture((600, 600))
    x0, y0, x1, y1 = next(line for line in sagittal.crosshair if line.plane == "axial").ends
    assert np.rad2deg(np.arctan2(y1 - y0, x1 - x0)) % 180 == pytest.approx(TILT, abs=1e-6)
    # what is outside of the tilted stack is black, also where black and white are swapped
    scene.update(inverted=True)
    assert SliceView(scene, Viewport("sagittal")).picture((600, 600)).grey[0, -1] == 0


def test_the_mouse_on_a_tilted_volume_points_at_the_voxel_that_is_seen() -> None:
    geometry = tilted(TILT, (24, 80, 80))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1)
    ramp = (geometry.to_mm(index) @ np.array([3.0, -7.0, 11.0])).astype(np.float32)
    scene = scene_of(ramp, geometry)
    for plane in PLANES:
        picture = SliceView(scene, Viewport(plane)).picture((600, 600))
        for x, y in ((300.0, 300.0), (270.0, 320.0), (341.0, 288.0)):
            # a linear field is interpolated exactly, so the value tells the place to a fraction of a voxel
            column, row = (np.floor(n) + 0.5 for n in picture.transform.to_picture(x, y))
            expected = picture.grid.to_mm(column, row) @ np.array([3.0, -7.0, 11.0])
            assert picture.value_at_pane(x, y) == pytest.approx(expected, abs=0.01)


def test_a_mask_on_a_tilted_volume_is_seen_where_the_image_is() -> None:
    geometry = tilted(TILT, (24, 80, 80))
    array = ball(geometry, geometry.centre_mm, 18.0)
    scene = scene_of(array, geometry)
    draw(scene, (array > 500).astype(np.uint8), Segment(1, "Ball"))
    picture = SliceView(scene, Viewport("sagittal")).picture((600, 600))
    assert picture.overlay is not None
    seen, drawn = picture.values > 500, picture.overlay.indices > 0
    assert 2 * np.count_nonzero(seen & drawn) / (np.count_nonzero(seen) + np.count_nonzero(drawn)) > 0.95


def test_a_mask_that_changed_while_another_slice_was_looked_at_is_drawn_as_it_is() -> None:
    """Two moves of the cursor between two paintings, with an edit in between, as undo makes them."""
    made = scene_of(lit(AXIAL, INDEX), AXIAL)
    mask = draw(made, np.zeros(AXIAL.shape, np.uint8))
    view = SliceView(made, Viewport("axial"))
    here, there = AXIAL.to_mm((3, 4, 5)), AXIAL.to_mm((4, 4, 5))
    made.move_cursor(here)
    view.picture((100, 100))
    for edited in (3, 4):
        made.move_cursor(there)
        box = (slice(edited, edited + 1), slice(0, 2), slice(0, 3))
        mask.write(box, np.full((1, 2, 3), 1, np.uint8), 0)
        view.mark_changed(box)
        made.move_cursor(here)
        overlay = view.picture((100, 100)).overlay
        assert overlay is not None
        np.testing.assert_array_equal(overlay.indices, mask.labels[3])


def test_a_slab_thinner_than_the_distance_of_slices_says_that_it_holds_one() -> None:
    scene = scene_of(lit(AXIAL, INDEX), AXIAL)  # 3 mm apart
    viewport = Viewport("axial")
    viewport.update(slab_mm=5.0)
    picture = SliceView(scene, viewport).picture(PANE)
    assert picture.slab_images == 1
    told = [str(mark.text.text) for mark in fidelity(scene, Shown.of_picture(viewport, picture))]
    assert "Slab of 5 mm: it holds one slice" in told
    viewport.update(slab_mm=6.0)
    picture = SliceView(scene, viewport).picture(PANE)
    assert picture.slab_images == 3
    told = [str(mark.text.text) for mark in fidelity(scene, Shown.of_picture(viewport, picture))]
    assert "MIP, slab of 6 mm" in told


def test_edges_are_found_once_however_often_the_window_is_dragged() -> None:
    """In a mammogram that takes a third of a second: at each step of a drag the window would stand still."""
    array = np.zeros(AXIAL.shape, np.int16)
    array[:, :, 5:] = 800
    scene, viewport = scene_of(array, AXIAL, window=(400.0, 800.0)), Viewport("acquired")
    viewport.update(image_filter="edges")
    view, greys, found = SliceView(scene, viewport), [], []
    for centre in (400.0, 300.0, 200.0, 100.0):
        scene.update(window=(centre, 2 * centre))
        greys.append(view.picture((300, 300)).grey)
        found.append(view._kept["filtered"][1])
    assert all(one is found[0] for one in found)
    assert all(grey[4, 0] == 0 for grey in greys)  # where there is no slope, whatever the window
    assert [int(grey[4, 5]) for grey in greys] == pytest.approx([127, 170, 255, 255], abs=1)
