from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from medview.imaging.reorientation import Reorientation
from medview.imaging.resample import grid_around, resample
from medview.study.geometry import Geometry


def oblique(random: np.random.Generator, shape: tuple[int, int, int], shear: float) -> Geometry:
    """Return a grid turned at random about the origin, sheared by up to `shear`."""
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    steps = turn * random.uniform(0.7, 1.6, size=3)
    steps[:, 0] += shear * steps[:, 1]
    affine = np.eye(4)
    affine[:3, :3] = steps
    affine[:3, 3] = -steps @ ((np.array(shape) - 1) / 2.0) + random.normal(scale=1.0, size=3)
    return Geometry(shape, affine)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("shear", [0.0, 0.3])
def test_values_on_any_other_grid_agree_with_an_independent_interpolation(seed: int, shear: float) -> None:
    random = np.random.default_rng(seed)
    source, target = oblique(random, (14, 17, 19), shear), oblique(random, (11, 12, 13), shear)
    array = random.normal(size=source.shape).astype(np.float32)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in target.shape], indexing="ij"), axis=-1)
    at = np.moveaxis(source.to_index(target.to_mm(index)), -1, 0)
    inside = np.all((at >= 0) & (at <= np.array(source.shape).reshape(3, 1, 1, 1) - 1), axis=0)
    assert inside.sum() > 100
    linear = resample(array, source, target, outside=-5.0)
    expected = map_coordinates(array, at, order=1, mode="nearest")
    assert np.abs(linear - expected)[inside].max() < 1e-4
    labels = (array > 0).astype(np.uint8)
    between = np.abs(at - np.rint(at)).max(axis=0) > 0.499  # exactly between two voxels either is right
    nearest = resample(labels, source, target, "nearest")
    closest = np.rint(at).astype(int)
    wanted = labels[tuple(closest[axis].clip(0, n - 1) for axis, n in enumerate(source.shape))]
    assert (nearest == wanted)[inside & ~between].all()
    far = np.any((at < -0.51) | (at > np.array(source.shape).reshape(3, 1, 1, 1) - 0.49), axis=0)
    assert (linear[far] == -5.0).all()


def test_a_grid_on_itself_is_unchanged() -> None:
    random = np.random.default_rng(0)
    geometry = oblique(random, (5, 6, 7), 0.2)
    array = random.integers(-1000, 1000, size=geometry.shape).astype(np.int16)
    assert (resample(array, geometry, geometry, "nearest") == array).all()
    assert resample(array, geometry, geometry, "nearest").dtype == np.int16
    assert np.abs(resample(array, geometry, geometry) - array).max() < 1e-2
    assert resample(array > 0, geometry, geometry, "nearest").dtype == np.bool_


def test_an_array_of_another_shape_is_refused() -> None:
    geometry = Geometry((2, 3, 4), np.eye(4))
    with pytest.raises(ValueError, match="does not fit its geometry"):
        resample(np.zeros((4, 3, 2)), geometry, geometry)


def test_a_cube_around_a_point_has_it_in_its_middle() -> None:
    grid = grid_around(np.array([10.0, -20.0, 30.0]), "LIA", 4, 2.0)
    assert grid.centre_mm.tolist() == [10.0, -20.0, 30.0]
    assert (grid.to_mm((1, 0, 0)) - grid.to_mm((0, 0, 0))).tolist() == [2.0, 0.0, 0.0]
    assert (grid.to_mm((0, 1, 0)) - grid.to_mm((0, 0, 0))).tolist() == [0.0, 0.0, -2.0]
    assert (grid.to_mm((0, 0, 1)) - grid.to_mm((0, 0, 0))).tolist() == [0.0, -2.0, 0.0]


@pytest.mark.parametrize("letters", ["RAS", "LIA", "SPL", "PIR", "IAL"])
@pytest.mark.parametrize("seed", range(6))
def test_turning_moves_no_voxel_in_the_patient(letters: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    geometry = oblique(random, (3, 4, 5), 0.1)
    array = random.normal(size=geometry.shape)
    turn = Reorientation.to(geometry, letters)
    turned, grid = turn.apply(array), turn.geometry(geometry)
    assert turned.shape == grid.shape
    assert (turn.undo(turned) == array).all()
    for index in np.ndindex(turned.shape):
        original = np.rint(geometry.to_index(grid.to_mm(index))).astype(int)
        assert array[tuple(original)] == turned[index]


def test_the_turned_axes_run_along_the_letters() -> None:
    geometry = Geometry.from_axes(
        (3, 4, 5), origin=(0, 0, 0), slice_step=(-1, 0, 0), row_step=(0, 0.1, -1), column_step=(0, 1, 0.1)
    )
    grid = Reorientation.to(geometry, "LPS").geometry(geometry)
    assert (np.diag(grid.directions) > 0.9).all()
