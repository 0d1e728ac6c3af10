"""Turned planes: their axes, angles, and where they start from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from medview.imaging.oblique import (
    acquired_rotation,
    from_angles,
    from_plane,
    nearest_rotation,
    plane_axes,
    plane_normal,
    tilts,
    to_angles,
    turned,
)
from medview.imaging.plane import SlicePlane
from medview.session.viewport import PLANES
from tests.view.scenes import GRIDS, screen_axes, tilted


def is_rotation(matrix: np.ndarray) -> bool:
    return bool(np.allclose(matrix.T @ matrix, np.eye(3)) and np.isclose(np.linalg.det(matrix), 1.0))


def test_without_a_turn_the_planes_are_the_patient_s_own() -> None:
    straight = np.eye(3)
    assert [axis.tolist() for axis in plane_axes(straight, "axial")] == [[1, 0, 0], [0, 1, 0]]
    assert [axis.tolist() for axis in plane_axes(straight, "coronal")] == [[1, 0, 0], [0, 0, -1]]
    assert [axis.tolist() for axis in plane_axes(straight, "sagittal")] == [[0, 1, 0], [0, 0, -1]]
    normals = np.array([plane_normal(straight, plane) for plane in PLANES])
    assert np.abs(normals).tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("name", GRIDS)
def test_the_planes_of_the_acquired_images_lie_along_the_volume_s_own_axes(name: str) -> None:
    rotation = acquired_rotation(GRIDS[name])
    assert is_rotation(rotation)
    for plane in PLANES:
        for found, expected in zip(plane_axes(rotation, plane), screen_axes(GRIDS[name], plane), strict=True):
            assert found == pytest.approx(expected, abs=1e-9)


def test_of_a_tilted_gantry_the_acquired_plane_is_exact_and_the_others_are_perpendicular_to_it() -> None:
    geometry = tilted(18.5)
    rotation = acquired_rotation(geometry)
    assert is_rotation(rotation)
    own = SlicePlane.of(geometry, "axial")
    right, down = plane_axes(rotation, "axial")
    assert right == pytest.approx(own.right)
    assert down == pytest.approx(own.down)
    assert abs(plane_normal(rotation, "coronal") @ plane_normal(rotation, "axial")) < 1e-12


def test_turning_follows_the_right_hand_and_many_small_turns_stay_a_rotation() -> None:
    axis = np.array([1.0, -2.0, 0.5])
    expected = Rotation.from_rotvec(np.deg2rad(37) * axis / np.linalg.norm(axis)).as_matrix()
    assert turned(np.eye(3), axis, 37) == pytest.approx(expected)
    rotation = from_angles(5, 6, 7)
    for _ in range(2000):
        rotation = turned(rotation, axis, 0.77)
    assert is_rotation(rotation)
    assert rotation == pytest.approx(turned(from_angles(5, 6, 7), axis, 1540), abs=1e-9)


@pytest.mark.parametrize("angles", [(0, 0, 0), (12, -34, 56), (-170, 80, 3), (1, 90, 2), (40, -90, 0)])
def test_angles_name_a_rotation_and_come_back(angles: tuple[float, float, float]) -> None:
    rotation = from_angles(*angles)
    expected = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    assert rotation == pytest.approx(expected, abs=1e-9)
    assert from_angles(*to_angles(rotation)) == pytest.approx(rotation, abs=1e-6)


def test_a_plane_defines_all_three() -> None:
    rotation = from_angles(20, -10, 33)
    for plane in PLANES:
        assert from_plane(plane, *plane_axes(rotation, plane)) == pytest.approx(rotation, abs=1e-12)
    assert is_rotation(nearest_rotation(rotation + 0.01))


def test_a_plane_is_named_as_mr_scanners_write_it() -> None:
    assert tilts((0, 0, -1)) == (("axial", 0.0),)
    fifteen = np.deg2rad(15.3)
    assert tilts((0, np.sin(fifteen), np.cos(fifteen))) == (("axial", 0.0), ("coronal", pytest.approx(15.3)))
    both = from_angles(0, 0, 0) @ np.array([np.sin(np.deg2rad(2.1)), 0.2, 0.95])
    named = tilts(both)
    assert [name for name, _ in named] == ["axial", "coronal", "sagittal"]
    assert named[1][1] == pytest.approx(np.rad2deg(np.arctan2(0.2, 0.95)))
    assert named[2][1] == pytest.approx(np.rad2deg(np.arcsin(both[0] / np.linalg.norm(both))))
    assert tilts(-both) == named  # a plane has no front
