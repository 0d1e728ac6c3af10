"""Boxes cut by planes, and voxels of a model on pictures: against what geometry says by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from medview.study.geometry import Geometry
from medview.view.finding_boxes import cut, hull
from medview.view.picture_grid import PictureGrid
from medview.view.voxel_layer import nearest_voxels

CUBE = np.array(list(product((0.0, 2.0), repeat=3)))  # the slice index changing slowest, as `ScoredBox.corners_mm`


def outline(normal: tuple[float, float, float], through: tuple[float, float, float], half: float = 0.0) -> np.ndarray:
    """Return the outline of the cube's cut in two directions of the plane."""
    unit = np.array(normal) / np.linalg.norm(normal)
    right = np.cross(unit, (0.3, 0.5, 0.8))
    right /= np.linalg.norm(right)
    points = cut(CUBE, np.array(through), unit, half)
    return hull(points @ np.stack([right, np.cross(unit, right)], axis=1))


def area(corners: np.ndarray) -> float:
    x, y = corners.T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2.0


def test_a_cube_is_cut_across_its_diagonal_in_a_hexagon() -> None:
    corners = outline((1, 1, 1), (1, 1, 1))
    assert len(corners) == 6
    assert area(corners) == pytest.approx(3 * np.sqrt(3) / 4 * 2**2)  # of a cube with sides of 2


def test_a_cube_is_cut_near_a_corner_in_a_triangle_and_along_its_axis_in_a_square() -> None:
    corners = outline((1, 1, 1), (0.5, 0, 0))
    assert len(corners) == 3
    assert area(corners) == pytest.approx(np.sqrt(3) / 2 * 0.5**2)  # sides of 0.5 times the root of 2
    square = outline((0, 0, 1), (5, 5, 0.3))
    assert len(square) == 4
    assert area(square) == pytest.approx(4.0)


def test_a_plane_in_a_face_shows_the_face_and_one_beside_it_nothing() -> None:
    assert area(outline((0, 1, 0), (0, 2, 0))) == pytest.approx(4.0)
    assert len(outline((0, 1, 0), (0, 2.01, 0))) == 0


def test_a_slab_shows_all_that_lies_in_it() -> None:
    # a quarter of the cube's corner below the plane x + y = 1.5 seen along that direction: 2 high, 1.5 root 2 wide
    found = outline((1, 1, 0), (0, 0, 0), half=1.5 / np.sqrt(2))
    assert area(found) == pytest.approx(2.0 * 1.5 * np.sqrt(2))


def test_voxels_on_an_oblique_picture_are_those_that_scipy_finds() -> None:
    generator = np.random.default_rng(7)
    array = generator.integers(0, 255, (9, 14, 11), dtype=np.uint8)
    geometry = Geometry.from_axes(
        array.shape, origin=(3, -7, 11), slice_step=(0.3, 0.2, 2.5), row_step=(0, 0.9, -0.1), column_step=(0.8, 0, 0)
    )
    right, down = np.array([0.6, 0.2, 0.3]), np.array([-0.2, 0.7, -0.0667])
    grid = PictureGrid(geometry.centre_mm - 6 * right - 8 * down, right, down, (13, 17))
    values, inside = nearest_voxels(array, geometry, grid)
    points = np.array([[grid.to_mm(x + 0.5, y + 0.5) for x in range(13)] for y in range(17)])
    index = geometry.to_index(points.reshape(-1, 3)).T
    wanted = map_coordinates(array, index, order=0, mode="nearest").reshape(17, 13)
    near = np.abs(index - np.rint(index)).max(axis=0).reshape(17, 13) < 0.499  # no tie between two voxels
    within = (np.all((index > -0.499) & (index < np.array(array.shape)[:, None] - 0.501), axis=0)).reshape(17, 13)
    assert (near & within).sum() > 60
    np.testing.assert_array_equal(values[near & within], wanted[near & within])
    assert inside[near & within].all()
    outside = (np.any((index < -0.501) | (index > np.array(array.shape)[:, None] - 0.499), axis=0)).reshape(17, 13)
    assert not inside[outside].any()
