"""Turned planes show what lies there: against SimpleITK, with the scale, letters and places of the unturned ones."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from scipy.ndimage import map_coordinates

from medview.imaging.plane import PlaneName
from medview.imaging.turned_planes import TurnedPlanes, offsets, place_on_plane
from medview.imaging.window import grey
from medview.session.viewport import PLANES, Viewport
from medview.study.geometry import Geometry
from medview.view.slice_picture import SlicePicture
from medview.view.slice_view import SliceView
from tests.view.scenes import GRIDS, draw, grid, scene_of, tilted

PANE = (301, 247)
SHAPE = (21, 30, 34)
PLACED = {name: Geometry(SHAPE, geometry.affine) for name, geometry in GRIDS.items()} | {"tilted": tilted(18.5, SHAPE)}


def smooth(geometry: Geometry) -> np.ndarray:
    """Return values that change slowly, so that a place can be told by its value."""
    z, y, x = np.indices(geometry.shape)
    return (200 * np.sin(z / 5.0) + 150 * np.cos(y / 6.0) + 11.0 * x).astype(np.int16)


def points_of(picture: SlicePicture) -> np.ndarray:
    width, height = picture.grid.size
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return np.stack([picture.grid.to_mm(a, b) for a, b in zip(x.ravel(), y.ravel(), strict=True)])


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("name", PLACED)
def test_a_turned_plane_holds_the_values_that_simpleitk_interpolates_there(name: str, plane: PlaneName) -> None:
    geometry = PLACED[name]
    array = smooth(geometry)
    scene = scene_of(array, geometry, (100.0, 900.0))
    scene.turn(TurnedPlanes.of_angles(17.0, -24.0, 31.0).turned_in("coronal", 12.0))
    picture = SliceView(scene, Viewport(plane)).picture(PANE)
    points = points_of(picture)
    index = geometry.to_index(points)
    within = ((index > 0) & (index < np.array(SHAPE) - 1)).all(axis=1)
    assert np.count_nonzero(within) > 300
    if name == "tilted" or "mirrored" in name:  # which SimpleITK cannot hold
        expected = map_coordinates(array.astype(float), index[within].T, order=1)
    else:
        image = SimpleITK.GetImageFromArray(array.astype(np.float64))
        image.SetOrigin(geometry.to_mm((0, 0, 0)).tolist())
        image.SetSpacing(geometry.spacing_mm[::-1])
        image.SetDirection(geometry.directions[:, ::-1].ravel().tolist())
        asked = points[within][::7]
        expected = np.array([image.EvaluateAtPhysicalPoint(p.tolist(), SimpleITK.sitkLinear) for p in asked])
    found = picture.values.ravel()[within].astype(float)
    found = found if len(found) == len(expected) else found[::7]
    assert np.abs(found - expected).max() <= 0.51
    assert np.array_equal(picture.grey.ravel()[within], grey(picture.values.ravel()[within], (100.0, 900.0)))
    outside = ((index < -0.51) | (index > np.array(SHAPE) - 0.49)).any(axis=1)
    assert not picture.grey.ravel()[outside].any()


@pytest.mark.parametrize("plane", PLANES)
def test_the_planes_cross_at_the_cursor_and_are_perpendicular(plane: PlaneName) -> None:
    geometry = PLACED["oblique"]
    scene = scene_of(smooth(geometry), geometry)
    place = geometry.to_mm((9.3, 11.7, 20.2))
    scene.turn(TurnedPlanes.acquired(geometry).turned_in("axial", 33.0).turned_in("sagittal", -21.0), place)
    assert np.array_equal(scene.cursor_mm, place)  # no voxel centre
    pictures = {name: SliceView(scene, Viewport(name)).picture(PANE) for name in PLANES}
    picture = pictures[plane]
    at = picture.mm_to_pane(place)
    assert picture.pane_to_mm(*at) == pytest.approx(place, abs=1e-9)
    for other in PLANES:
        normals = picture.grid.normal @ pictures[other].grid.normal
        assert abs(normals) == pytest.approx(float(other == plane), abs=1e-9)
    for line in picture.crosshair:
        ends = np.array(line.ends).reshape(2, 2)
        for end in ends:  # the line lies in both planes
            offset = picture.pane_to_mm(*end) - place
            assert abs(offset @ pictures[line.plane].grid.normal) < 1e-6
    assert {line.plane for line in picture.crosshair} == set(PLANES) - {plane}


@pytest.mark.parametrize("plane", PLANES)
def test_the_picture_in_which_the_others_are_turned_stays_as_it_is(plane: PlaneName) -> None:
    geometry = PLACED["axial, thick slices"]
    scene = scene_of(smooth(geometry), geometry)
    scene.turn(TurnedPlanes.acquired(geometry))
    before = SliceView(scene, Viewport(plane)).picture(PANE)
    assert scene.turned_planes is not None
    scene.turn(scene.turned_planes.turned_in(plane, 25.0))
    after = SliceView(scene, Viewport(plane)).picture(PANE)
    assert after.grid.size == before.grid.size
    assert np.array_equal(after.values, before.values)
    angles = [
        np.rad2deg(np.arctan2(*np.subtract(line.ends[3:1:-1], line.ends[1::-1]))) % 90 for line in after.crosshair
    ]
    assert angles == pytest.approx([25.0] * len(angles), abs=0.1)  # clockwise: y is down


def test_turning_neither_magnifies_nor_moves_what_is_not_turned() -> None:
    geometry = PLACED["axial, thick slices"]
    scene = scene_of(smooth(geometry), geometry)
    views = {plane: SliceView(scene, Viewport(plane)) for plane in PLANES}
    straight = {plane: view.picture(PANE) for plane, view in views.items()}
    scene.turn(TurnedPlanes.acquired(geometry))
    for plane, view in views.items():
        picture = view.picture(PANE)
        assert picture.is_turned
        assert picture.is_resampled
        assert not picture.is_acquired
        for at in ((20.0, 30.0), (150.0, 120.0), (280.0, 200.0)):
            assert picture.pane_to_mm(*at) == pytest.approx(straight[plane].pane_to_mm(*at), abs=0.5)
        assert picture.letters == straight[plane].letters
    scene.turn(None)
    assert views["axial"].picture(PANE).is_acquired
    assert np.shares_memory(views["axial"].picture(PANE).values, scene.volume.array)
    assert np.array_equal(scene.cursor_mm, geometry.to_mm(scene.cursor_index))


def test_letters_of_a_turned_plane_name_the_minor_directions() -> None:
    geometry = PLACED["axial, thick slices"]
    scene = scene_of(smooth(geometry), geometry)
    scene.turn(TurnedPlanes.of_angles(20.0, 0.0, 0.0))  # about left-right, by the right hand: the back goes up
    axial = SliceView(scene, Viewport("axial")).picture(PANE)
    assert axial.letters == ("R", "L", "AF", "PH")
    coronal = SliceView(scene, Viewport("coronal")).picture(PANE)
    assert coronal.letters == ("R", "L", "HA", "FP")


def test_only_what_the_pane_shows_is_interpolated_at_its_resolution() -> None:
    geometry = grid((0, 0, 1), (0, 0.5, 0), (0.5, 0, 0), shape=(60, 400, 400))
    scene = scene_of(np.zeros(geometry.shape, np.int16), geometry)
    scene.turn(TurnedPlanes.of_angles(10.0, 5.0, 0.0))
    viewport = Viewport("axial")
    view = SliceView(scene, viewport)
    small = view.picture((100, 100))
    assert max(small.grid.size) <= 101
    assert small.transform.scale_x == pytest.approx(1.0)
    assert small.transform.offset_x == pytest.approx(round(small.transform.offset_x))
    assert small.magnification == pytest.approx(0.25)
    viewport.update(zoom=40.0)
    large = view.picture((100, 100))
    assert large.grid.pixel_mm == pytest.approx((0.5, 0.5))
    assert max(large.grid.size) <= 12
    viewport.update(zoom=1.0, slab_mm=200.0)
    assert max(view.picture((100, 100), coarse=True).grid.size) <= 51
    wanted = view.wanted()
    assert wanted is not None
    view.take(wanted, wanted.values())
    full = view.picture((100, 100), coarse=True)  # which is there now
    assert max(full.grid.size) > 51
    assert view.wanted() is None
    assert np.array_equal(full.values, SliceView(scene, viewport).picture((100, 100)).values)


def test_moving_the_cursor_within_a_plane_interpolates_nothing_anew() -> None:
    geometry = PLACED["oblique"]
    scene = scene_of(smooth(geometry), geometry)
    scene.turn(TurnedPlanes.of_angles(10.0, 5.0, 40.0))
    view = SliceView(scene, Viewport("axial"))
    first = view.picture(PANE)
    right, down = scene.plane_axes("axial")
    scene.move_cursor(scene.cursor_mm + 2.3 * right - 1.1 * down)
    assert view.picture(PANE).grey is first.grey
    scene.move_cursor(scene.cursor_mm + np.cross(right, down))
    assert view.picture(PANE).grey is not first.grey


def test_a_mask_on_a_turned_plane_is_that_of_the_nearest_voxel() -> None:
    geometry = PLACED["axial, thick slices"]
    labels = np.random.default_rng(2).integers(0, 2, SHAPE).astype(np.uint8)
    scene = scene_of(smooth(geometry), geometry)
    draw(scene, labels)
    scene.turn(TurnedPlanes.of_angles(17.0, -24.0, 31.0))
    picture = SliceView(scene, Viewport("sagittal")).picture(PANE)
    assert picture.overlay is not None
    index = geometry.to_index(points_of(picture))
    clear = ((index > 0) & (index < np.array(SHAPE) - 1)).all(axis=1)
    clear &= (np.abs(index - np.floor(index) - 0.5) > 1e-3).all(axis=1)
    nearest = labels[tuple(np.rint(index[clear]).astype(int).T)]
    assert np.array_equal(picture.overlay.indices.ravel()[clear], nearest)


def test_steps_along_the_normal_are_those_of_the_finest_spacing() -> None:
    geometry = grid((0, 0, 3), (0, 0.7, 0), (0.7, 0, 0), shape=SHAPE)
    scene = scene_of(smooth(geometry), geometry)
    scene.turn(TurnedPlanes.acquired(geometry))
    view = SliceView(scene, Viewport("axial"))
    picture = view.picture(PANE)
    assert picture.slice_count == 1 + int(60 / 0.7)
    assert picture.slice_index == round(30 / 0.7)
    scene.move_cursor(scene.cursor_mm + (0, 0, 0.7))
    assert view.picture(PANE).slice_index == round(30 / 0.7) + 1


def test_a_plane_that_leaves_the_cursor_behind_still_finds_a_place_in_the_volume() -> None:
    geometry = grid((0, 0, 1), (0, 1, 0), (1, 0, 0), shape=(80, 20, 20))  # long and thin
    normal = TurnedPlanes.of_angles(40.0, 0.0, 0.0).normal("axial")
    low, high = offsets(geometry, normal)
    for part in (0.02, 0.3, 0.5, 0.9, 0.98):
        wanted = geometry.centre_mm + (low + part * (high - low) - geometry.centre_mm @ normal) * normal
        place = place_on_plane(geometry, wanted, normal)
        assert geometry.contains(place)
        assert place @ normal == pytest.approx(wanted @ normal, abs=1e-3)
