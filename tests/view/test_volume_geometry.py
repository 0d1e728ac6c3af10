"""Fewer voxels, cameras and surfaces lie where the volume lies."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.camera import Camera
from medview.imaging.surface import enclosed_ml, surface
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment
from medview.view.reduced import reduced
from medview.view.segment_surfaces import drawn_surfaces, segment_surfaces, touched
from tests.view.scenes import GRIDS, tilted


@pytest.mark.parametrize("name", GRIDS)
def test_a_linear_field_stays_the_same_field_when_voxels_are_averaged(name: str) -> None:
    geometry = Geometry((9, 24, 31), GRIDS[name].affine)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1)
    slope = np.array([1.5, -2.0, 0.75])
    small, grid = reduced((geometry.to_mm(index) @ slope).astype(np.float32), geometry, (2, 3, 4))
    assert small.shape == (4, 8, 7)
    assert small.shape == grid.shape
    blocks = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    assert small == pytest.approx(grid.to_mm(blocks) @ slope, abs=1e-4)


def test_averages_of_negative_integers_are_not_torn_upwards() -> None:
    array = np.full((2, 2, 2), -1000, dtype=np.int16)
    small, _ = reduced(array, Geometry((2, 2, 2), np.eye(4)), (2, 2, 2))
    assert small.tolist() == [[[-1000]]]
    assert small.dtype == np.int16


def test_a_small_volume_is_not_copied() -> None:
    array = np.zeros((4, 5, 6), dtype=np.int16)
    small, grid = reduced(array, Geometry((4, 5, 6), np.eye(4)), (1, 1, 1))
    assert np.shares_memory(small, array)
    assert grid.shape == (4, 5, 6)


@pytest.mark.parametrize(
    ("azimuth", "elevation", "expected"),
    [
        (0, 0, ("R", "L", "H", "F")),  # from the front
        (90, 0, ("A", "P", "H", "F")),  # from the patient's left
        (180, 0, ("L", "R", "H", "F")),  # from behind
        (270, 0, ("P", "A", "H", "F")),  # from the patient's right
        (0, 90, ("R", "L", "P", "A")),  # from above
        (0, -90, ("R", "L", "A", "P")),  # from below, as an axial slice is seen
    ],
)
def test_the_camera_looks_from_where_its_angles_say(
    azimuth: float, elevation: float, expected: tuple[str, str, str, str]
) -> None:
    camera = Camera.of(Geometry((9, 9, 9), np.eye(4)), (80, 60), azimuth_deg=azimuth, elevation_deg=elevation)
    assert camera.edge_letters() == expected


def test_zoom_and_pan_of_the_camera_are_those_of_the_pane() -> None:
    geometry = GRIDS["oblique"]
    size = (400, 300)
    plain = Camera.of(geometry, size, azimuth_deg=20)
    moved = Camera.of(geometry, size, azimuth_deg=20, zoom=2.0, pan_px=(15.0, -40.0))
    point = geometry.to_mm((1, 2, 3))
    assert plain.to_picture(geometry.centre_mm, size) == pytest.approx((200, 150))
    x, y = plain.to_picture(point, size)
    assert moved.to_picture(point, size) == pytest.approx((200 + 2 * (x - 200) + 15, 150 + 2 * (y - 150) - 40))


BALL_SHAPE = (24, 40, 50)


def labels_of_balls(geometry: Geometry) -> np.ndarray:
    index = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1)
    far = np.linalg.norm(geometry.to_mm(index) - geometry.centre_mm, axis=-1)
    labels = (far < 11).astype(np.uint8)
    labels[far < 6] = 2
    return labels


@pytest.mark.parametrize(
    "geometry", [tilted(18.5, BALL_SHAPE), *(Geometry(BALL_SHAPE, grid.affine) for grid in GRIDS.values())]
)
def test_the_surface_that_is_shown_is_the_surface_that_is_exported(geometry: Geometry) -> None:
    labels = labels_of_balls(geometry)
    shown = segment_surfaces(labels, geometry, {2: None})[2]
    exported = enclosed_ml(*surface(labels == 2, geometry))
    assert abs(enclosed_ml(shown.vertices_mm, shown.triangles)) == pytest.approx(exported, rel=0.04)
    assert shown.vertices_mm.mean(axis=0) == pytest.approx(geometry.centre_mm, abs=0.3)
    distance = np.linalg.norm(shown.vertices_mm - geometry.centre_mm, axis=1)
    assert distance.max() < 6 + np.linalg.norm(geometry.spacing_mm)


def test_a_mask_that_touches_the_edge_of_the_volume_has_a_closed_surface() -> None:
    geometry = Geometry((6, 6, 6), np.eye(4))
    shown = segment_surfaces(np.ones((6, 6, 6), np.uint8), geometry, {1: None})[1]
    assert abs(enclosed_ml(shown.vertices_mm, shown.triangles)) == pytest.approx(0.216, rel=0.15)


def test_what_holds_another_segment_is_translucent_and_hidden_ones_are_left_out() -> None:
    geometry = Geometry(BALL_SHAPE, GRIDS["coronal"].affine)
    surfaces = segment_surfaces(labels_of_balls(geometry), geometry, dict.fromkeys([1, 2, 5]))
    assert sorted(surfaces) == [1, 2]  # nothing is labelled 5
    segments = (Segment(1, "Outer", (1, 2, 3)), Segment(2, "Inner", (4, 5, 6)), Segment(5, "None"))
    outer, inner = drawn_surfaces(surfaces, segments, frozenset())
    assert (outer.colour, inner.colour) == ((1, 2, 3), (4, 5, 6))
    assert outer.opacity < 0.5
    assert inner.opacity == 1.0
    (alone,) = drawn_surfaces(surfaces, segments, frozenset({2}))
    assert alone.opacity == 1.0


def test_an_edit_makes_only_the_surfaces_anew_that_it_touches() -> None:
    geometry = Geometry((10, 10, 30), np.eye(4))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[2:5, 2:5, 2:5] = 1
    labels[2:5, 2:5, 22:25] = 2
    surfaces = segment_surfaces(labels, geometry, {1: None, 2: None})
    near = (slice(3, 4), slice(3, 4), slice(3, 8))
    assert touched(surfaces, labels, near) == {1}
    labels[3, 3, 15] = 4
    assert touched(surfaces, labels, (slice(3, 4), slice(3, 4), slice(15, 16))) == {4}
