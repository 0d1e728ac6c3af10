"""Looks of volumes: the shipped data is whole, functions do what they say, clipping and turning stay exact."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.camera import Camera
from medview.imaging.clip_handles import clip_handles, pulled
from medview.imaging.clipping import Clipping
from medview.imaging.orientation_cube import cube_faces, face_at
from medview.imaging.ray_pick import picked, picked_label, ray_samples
from medview.imaging.transfer_function import TransferFunction
from medview.imaging.turn import angles_of, turned, turned_axes
from medview.imaging.value_histogram import value_histogram
from medview.imaging.volume_look import VolumeLook
from medview.imaging.volume_presets import VolumePreset, shipped_presets, volume_preset, volume_presets
from medview.study.geometry import Geometry
from tests.view.scenes import GRIDS, scene_of, tilted

SIZE = (300, 240)


def test_each_modality_has_its_looks_and_the_default_first() -> None:
    presets = shipped_presets()
    assert len(presets) >= 20
    assert len({preset.id for preset in presets}) == len({preset.title for preset in presets}) == len(presets)
    assert [volume_presets(name)[0].id for name in ("CT", "MR", "PT", "US", "XA")] == [
        "ct_bone",
        "mr_default",
        "pt_mip",
        "us_default",
        "general",
    ]
    assert volume_preset("CT", "mr_default").id == "ct_bone"
    assert {"mip", "minip", "mean"} <= {preset.id for preset in volume_presets("MR")}


@pytest.mark.parametrize("preset", shipped_presets(), ids=lambda preset: preset.id)
def test_a_shipped_look_shows_nothing_of_air_and_something_of_the_rest(preset: VolumePreset) -> None:
    function = preset.function
    window = (40.0, 400.0)
    if function.blend == "composite":
        assert function.opacity[0][1] == 0.0, "the lowest values must not hide all others"
        assert max(alpha for _, alpha in function.opacity) > 0.02
        if function.scale == "absolute":
            assert function.opacity_at(-1024.0, window) == 0.0
    assert TransferFunction.unpacked(function.packed()) == function


def test_values_of_a_function_follow_the_window_or_do_not() -> None:
    follows, stays = volume_preset("MR", "mip").function, volume_preset("CT").function
    assert follows.value(0.25, (300.0, 400.0)) == 200.0
    assert follows.point(200.0, (300.0, 400.0)) == 0.25
    assert stays.value(250.0, (40.0, 400.0)) == 250.0
    # half way between the bone look's (220, 0.10) and (400, 0.35)
    assert stays.opacity_at(310.0, (0.0, 1.0)) == pytest.approx(0.225)
    assert stays.shifted(100.0).opacity_at(410.0, (0.0, 1.0)) == pytest.approx(0.225)
    assert stays.stretched(2.0, 310.0).opacity_at(310.0 + 2 * 90.0, (0.0, 1.0)) == pytest.approx(0.35)


@pytest.mark.parametrize(
    "damage",
    [
        {"opacity": [[5, 0.1], [1, 0.2]]},
        {"opacity": []},
        {"opacity": [[0, 1.5]]},
        {"colours": [[0, 256, 0, 0]]},
        {"blend": "rainbow"},
        {"light": [1, 2]},
        {"opacity": [[float("nan"), 0.5], [1, 0.5]]},
        {"opacity": [[k, 0.5] for k in range(1000)]},
    ],
)
def test_damaged_functions_are_refused(damage: dict[str, object]) -> None:
    data = volume_preset("CT").function.packed() | damage
    with pytest.raises((ValueError, TypeError, KeyError)):
        TransferFunction.unpacked(data)


def test_turning_has_no_stop_and_every_direction_comes_back() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        angles = (rng.uniform(0, 360), rng.uniform(-90, 90), rng.uniform(-180, 180))
        axes = turned_axes(*angles)
        assert np.allclose(axes @ axes.T, np.eye(3))
        assert np.allclose(turned_axes(*angles_of(axes)), axes)
    angles = (0.0, 0.0, 0.0)
    for _ in range(72):
        angles = turned(angles, 0.0, 5.0)
    assert np.allclose(turned_axes(*angles), turned_axes(0.0, 0.0)), "a full turn over the head"
    # turned to the right, the front moves to the right: a point on the nose is seen on the right
    camera = Camera.of(Geometry((9, 9, 9), np.eye(4)), SIZE, azimuth_deg=turned((0.0, 0.0, 0.0), 30.0, 0.0)[0])
    assert camera.to_picture(np.array([4.0, -20.0, 4.0]), SIZE)[0] > SIZE[0] / 2


SPACES = [tilted(18.5, (7, 9, 11)), *GRIDS.values()]


@pytest.mark.parametrize("geometry", SPACES)
def test_the_clip_box_shows_the_voxels_it_holds(geometry: Geometry) -> None:
    clipping = Clipping(((0.6, 4.4), (1.5, 8.5), (-0.5, 7.2)))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1)
    shown = clipping.shows(geometry.to_mm(index), geometry)
    expected = np.zeros(geometry.shape, dtype=bool)
    expected[1:5, 2:9, 0:8] = True
    assert np.array_equal(shown, expected)
    assert np.array_equal(np.s_[1:5, 2:9, 0:8], clipping.voxels(geometry.shape))
    # the same as half spaces, of sheared grids too
    planes = clipping.cutting_planes(geometry)
    assert len(planes) == 4  # two faces are those of the volume
    beyond = np.any([plane.depth_mm(geometry.to_mm(index)) > 0 for plane in planes], axis=0)
    assert np.array_equal(~beyond, expected)


def test_a_plane_takes_the_side_its_normal_points_to() -> None:
    geometry = Geometry((5, 5, 5), np.eye(4))
    clipping = Clipping.whole(geometry).with_plane(np.array([2.0, 2.0, 2.0]), np.array([0.0, 0.0, 3.0]))
    assert clipping.plane is not None
    assert clipping.plane.normal == (0.0, 0.0, 1.0)
    assert clipping.shows(np.array([[2.0, 2.0, 3.0], [2.0, 2.0, 1.0]]), geometry).tolist() == [False, True]
    assert clipping.turned().shows(np.array([[2.0, 2.0, 3.0], [2.0, 2.0, 1.0]]), geometry).tolist() == [True, False]


def test_faces_stay_inside_the_volume_and_before_each_other() -> None:
    geometry = Geometry((5, 6, 7), np.eye(4))
    whole = Clipping.whole(geometry)
    assert whole.with_face(2, 0, -30.0, geometry) == whole
    assert whole.with_face(2, 1, 99.0, geometry) == whole
    assert whole.with_face(2, 0, 99.0, geometry).box[2] == (5.5, 6.5)
    assert whole.with_face(2, 1, -99.0, geometry).box[2] == (-0.5, 0.5)


@pytest.mark.parametrize("geometry", SPACES)
def test_a_handle_that_is_pulled_stays_under_the_mouse(geometry: Geometry) -> None:
    camera = Camera.of(geometry, SIZE, azimuth_deg=35.0, elevation_deg=25.0)
    clipping = Clipping.whole(geometry).with_plane(geometry.centre_mm, np.array([1.0, 0.3, -0.2]))
    for place, handle in enumerate(clip_handles(clipping, geometry, camera, SIZE)):
        if handle.kind == "normal":  # only its direction follows
            continue
        # pulled inwards along the way it is seen to go
        middle = clip_handles(clipping, geometry, camera, SIZE)[6].at_px
        way = np.array(middle) - handle.at_px if handle.kind == "face" else np.array([6.0, 2.0])
        moved = pulled(clipping, handle, tuple(0.2 * way), geometry, camera, SIZE)
        after = np.array(clip_handles(moved, geometry, camera, SIZE)[place].at_px) - handle.at_px
        along = np.array(after) / np.linalg.norm(after)
        assert float(np.linalg.norm(after)) == pytest.approx(float(0.2 * way @ along), abs=0.02)


def test_the_cube_shows_the_side_that_is_looked_at() -> None:
    geometry = Geometry((9, 9, 9), np.eye(4))
    for letter, azimuth, elevation in (
        ("A", 0, 0),
        ("P", 180, 0),
        ("L", 90, 0),
        ("R", 270, 0),
        ("H", 0, 90),
        ("F", 0, -90),
    ):
        camera = Camera.of(geometry, SIZE, azimuth_deg=azimuth, elevation_deg=elevation)
        (face,) = cube_faces(camera)
        assert face.letter == letter
        # upright and not mirrored: from the top left corner clockwise
        assert np.allclose(face.corners, ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)))
        assert face_at(camera, 0.2, 0.3) == letter
        assert face_at(camera, 0.9, 0.0) is None
    assert [f.letter for f in cube_faces(Camera.of(geometry, SIZE, azimuth_deg=30, elevation_deg=20))] == [
        "H",
        "L",
        "A",
    ]


@pytest.mark.parametrize("geometry", [Geometry((30, 40, 50), grid.affine) for grid in SPACES])
def test_a_pick_lands_on_the_surface_of_bone_within_a_voxel(geometry: Geometry) -> None:
    array = np.full(geometry.shape, -1000, dtype=np.int16)
    array[6:24, 8:32, 10:40] = 40
    array[10:20, 14:26, 18:32] = 1200
    volume = scene_of(array, geometry).volume
    camera = Camera.of(geometry, SIZE, azimuth_deg=20.0, elevation_deg=10.0)
    middle = geometry.to_mm((14.5, 19.5, 24.5))
    start, direction = camera.ray(*camera.to_picture(middle, SIZE), SIZE)
    points = ray_samples(geometry, start, direction)
    place = picked(volume, points, volume_preset("CT", "ct_bone").function, (40.0, 400.0))
    assert place is not None
    # where the ray enters the block, worked out by the six slabs
    at, step = geometry.to_index(start), geometry.to_index(start + direction) - geometry.to_index(start)
    low, high = np.array([9.5, 13.5, 17.5]), np.array([19.5, 25.5, 31.5])
    entry = start + direction * float(np.minimum((low - at) / step, (high - at) / step).max())
    off = np.abs(geometry.to_index(points[place]) - geometry.to_index(entry))
    assert float(off.max()) <= 1.0
    # the soft tissue around is met first by a look that shows it
    soft = picked(volume, points, volume_preset("CT", "ct_skin").function, (40.0, 400.0))
    assert soft is not None
    assert soft < place
    # the highest value of a MIP, and nothing of a mean
    mip = picked(volume, points, volume_preset("CT", "mip").function, (40.0, 400.0))
    assert mip is not None
    assert volume.array[tuple(np.rint(geometry.to_index(points[mip])).astype(int))] == 1200
    assert picked(volume, points, volume_preset("CT", "ct_mean").function, (40.0, 400.0)) is None
    labels = (array == 1200).astype(np.uint8)
    seen = picked_label(labels, points, geometry, {1})
    assert seen is not None
    assert abs(seen - place) <= 6
    assert picked_label(labels, points, geometry, {2}) is None
    labels[array == 40] = 2  # a shell around it, which is drawn translucent
    assert picked_label(labels, points, geometry, {1, 2}) == seen
    shell = picked_label(labels, points, geometry, {1, 2}, {2: 1.0})
    assert shell is not None
    assert shell < seen
    assert picked_label(labels, points, geometry, {1, 2}, {2: 0.2}) == seen
    assert picked_label(labels, points, geometry, {2}) == shell


def test_what_is_clipped_is_not_picked() -> None:
    geometry = Geometry((20, 20, 20), np.eye(4))
    camera = Camera.of(geometry, SIZE)  # from the front: from row 0 on
    start, direction = camera.ray(*camera.to_picture(geometry.centre_mm, SIZE), SIZE)
    clipping = Clipping.whole(geometry).with_face(1, 0, 7.5, geometry)
    points = ray_samples(geometry, start, direction, clipping)
    assert 7.5 <= float(points[:, 1].min()) < 7.8
    assert float(ray_samples(geometry, start, direction)[:, 1].min()) < 0.0
    beside = ray_samples(geometry, start + 100.0, direction)
    assert (
        picked(
            scene_of(np.zeros((20, 20, 20), np.int16), geometry).volume,
            beside,
            volume_preset("CT").function,
            (0.0, 1.0),
        )
        is None
    )


def test_the_histogram_counts_every_voxel_of_a_small_volume() -> None:
    rng = np.random.default_rng(5)
    array = rng.integers(-1000, 2000, (20, 30, 40), dtype=np.int16)
    found = value_histogram(array)
    assert found.counts.sum() == array.size
    expected = [
        np.count_nonzero((array > a) & (array < b)) for a, b in zip(found.edges[:-1], found.edges[1:], strict=True)
    ]
    assert found.counts.tolist() == expected
    assert found.heights.max() == 1.0


def test_a_person_s_opacity_of_a_segment_is_kept_by_number() -> None:
    look = VolumeLook().with_opacity_of(3, 0.25).with_opacity_of(1, 0.5)
    assert look.opacity_of(3) == 0.25
    assert look.opacity_of(2) is None
    assert look.with_opacity_of(3, None).surface_opacity == ((1, 0.5),)
