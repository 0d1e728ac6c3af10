"""Which voxel lies where on the screen, for any acquisition, worked out from its LPS position."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from medview.imaging.plane import PlaneName, SlicePlane
from medview.study.geometry import Geometry

# LPS: the screen's right and down in each plane, as radiologists hang it
SCREEN: dict[PlaneName, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
}
EDGES = {"axial": ("R", "L", "A", "P"), "coronal": ("R", "L", "H", "F"), "sagittal": ("A", "P", "H", "F")}


def _geometries() -> list[Geometry]:
    """Return all 48 ways in which a file's axes can run along the patient's, with unlike spacings."""
    found = []
    for axes, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
        affine = np.eye(4)
        affine[:3, :3] = 0
        for index, (axis, sign, spacing) in enumerate(zip(axes, signs, (3.0, 1.5, 0.5), strict=True)):
            affine[axis, index] = sign * spacing
        affine[:3, 3] = (7, -11, 13)
        found.append(Geometry((3, 4, 5), affine))
    return found


@pytest.mark.parametrize("name", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("geometry", _geometries())
def test_a_voxel_is_drawn_where_its_position_says(geometry: Geometry, name: PlaneName) -> None:
    array = np.arange(60).reshape(3, 4, 5)
    plane = SlicePlane.of(geometry, name)
    right, down = np.array(SCREEN[name][0]), np.array(SCREEN[name][1])
    for index in range(plane.slice_count):
        picture = plane.slice_view(array, index)
        assert picture.shape == plane.size[::-1]
        positions = np.array([[geometry.to_mm(np.argwhere(array == value)[0]) for value in row] for row in picture])
        np.testing.assert_allclose(np.diff(positions @ right, axis=1), plane.pixel_mm[0])
        np.testing.assert_allclose(np.diff(positions @ down, axis=0), plane.pixel_mm[1])
        np.testing.assert_allclose(np.diff(positions @ right, axis=0), 0, atol=1e-9)
    assert plane.edge_letters() == EDGES[name]


@pytest.mark.parametrize("geometry", _geometries()[::5])
def test_picture_points_boxes_and_indices_agree(geometry: Geometry) -> None:
    array = np.arange(60).reshape(3, 4, 5)
    for name in SCREEN:
        plane = SlicePlane.of(geometry, name)
        picture = plane.slice_view(array, 1)
        for y, x in np.ndindex(picture.shape):
            index = plane.to_index(x + 0.5, y + 0.5, 1)
            assert array[tuple(index.astype(int))] == picture[y, x]
            assert plane.to_picture(index) == (x + 0.5, y + 0.5)
        box = plane.box(1, slice(0, 2), slice(1, 3))
        assert sorted(array[box].ravel()) == sorted(picture[1:3, 0:2].ravel())


def test_an_oblique_slice_is_named_by_all_its_directions() -> None:
    turn = np.deg2rad(20)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 1], [0, np.cos(turn), 0], [1, np.sin(turn), 0]])
    affine[:3, 0] = (0, -np.sin(turn), np.cos(turn))
    plane = SlicePlane.of(Geometry((3, 4, 5), affine), "axial")
    assert plane.edge_letters() == ("R", "L", "AF", "PH")


def test_no_orientation_in_the_file_means_no_letters() -> None:
    geometry = Geometry((1, 4, 5), np.diag([1.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]], has_orientation=False)
    assert SlicePlane.of(geometry, "axial").edge_letters() == ("", "", "", "")
