"""Reslicing against scipy and SimpleITK, on oblique planes, slabs and sheared grids."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from scipy.ndimage import map_coordinates

from medview.session.viewport import SlabMode
from medview.study.geometry import Geometry
from medview.view.picture_grid import PictureGrid
from medview.view.reslicer import Reslicer
from tests.view.scenes import GRIDS, tilted, turned

SHAPE = (20, 30, 40)
REDUCE = {"max": np.max, "mean": np.mean, "min": np.min}


def oblique_grid(geometry: Geometry) -> PictureGrid:
    """Return a plane through the middle, turned against everything."""
    plane = turned(Geometry((1, 1, 1), np.diag([1.0, 0.8, 0.5, 1.0])), (31.0, 12.0, -24.0)).affine
    x_step, y_step = plane[:3, 2], plane[:3, 1]
    return PictureGrid(geometry.centre_mm - 25 * x_step - 20 * y_step, x_step, y_step, (50, 40))


def points_of(grid: PictureGrid) -> np.ndarray:
    x, y = np.meshgrid(np.arange(grid.size[0]) + 0.5, np.arange(grid.size[1]) + 0.5)
    return grid.origin_mm + x[..., None] * grid.x_step_mm + y[..., None] * grid.y_step_mm


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.float32, np.uint8])
@pytest.mark.parametrize("geometry", [tilted(18.5, SHAPE), Geometry(SHAPE, GRIDS["oblique"].affine)])
@pytest.mark.parametrize("where", ["oblique", "coronal"])
def test_values_are_those_of_scipy(geometry: Geometry, dtype: type, where: str) -> None:
    array = np.random.default_rng(3).integers(0, 255, SHAPE).astype(dtype)
    array.flags.writeable = False
    grid = (
        oblique_grid(geometry)
        if where == "oblique"
        else PictureGrid.perpendicular(geometry, "coronal", geometry.centre_mm)
    )
    values, inside = Reslicer(array, geometry).sample(grid)
    index = geometry.to_index(points_of(grid))
    expected = map_coordinates(array.astype(float), np.moveaxis(index, -1, 0), order=1, mode="nearest")
    assert values.dtype == dtype
    assert values.shape == (grid.size[1], grid.size[0])
    assert np.array_equal(inside, ((index >= -0.5) & (index <= np.array(SHAPE) - 0.5)).all(axis=-1))
    assert np.count_nonzero(inside) > 200
    assert np.abs(values - expected)[inside].max() <= (0.51 if np.issubdtype(dtype, np.integer) else 0.01)


@pytest.mark.parametrize("mode", ["max", "mean", "min"])
def test_a_slab_projects_samples_from_face_to_face_no_farther_apart_than_a_voxel(mode: SlabMode) -> None:
    geometry = tilted(18.5, SHAPE)
    array = np.random.default_rng(5).normal(0, 100, SHAPE).astype(np.float32)
    grid = oblique_grid(geometry)
    values, _ = Reslicer(array, geometry).sample(grid, 6.0, mode)
    steps = np.linspace(-3.0, 3.0, 1 + 2 * 5)  # 5 samples of 0.6 mm a side: 0.7 mm is the finest spacing
    layers = [geometry.to_index(points_of(grid) + n * grid.normal) for n in steps]
    within = np.all([((i >= 0) & (i <= np.array(SHAPE) - 1)).all(axis=-1) for i in layers], axis=0)
    sampled = [map_coordinates(array, np.moveaxis(i, -1, 0), order=1, mode="nearest") for i in layers]
    assert np.count_nonzero(within) > 100
    assert np.abs(values - REDUCE[mode](sampled, axis=0))[within].max() < 0.05


@pytest.mark.parametrize("mode", ["max", "mean", "min"])
def test_a_slab_on_an_oblique_plane_is_what_simpleitk_resamples(mode: SlabMode) -> None:
    geometry = Geometry(SHAPE, GRIDS["oblique"].affine)
    array = np.random.default_rng(6).integers(-1000, 1000, SHAPE).astype(np.int16)
    grid = oblique_grid(geometry)
    values, _ = Reslicer(array, geometry).sample(grid, 4.9, mode)
    spacing = 4.9 / 8  # 4 samples a side
    whole, known = resampled(array, geometry, grid, layers=9, spacing=spacing)
    assert np.count_nonzero(known.all(axis=0)) > 100
    difference = np.abs(values - REDUCE[mode](whole, axis=0))[known.all(axis=0)]
    assert difference.max() <= 1.0  # each sample is rounded to the array's type


def test_what_lies_outside_takes_no_part_in_a_slab() -> None:
    geometry = Geometry.from_axes(
        (10, 12, 14), origin=(0, 0, 0), slice_step=(0, 0, 1), row_step=(0, 1, 0), column_step=(1, 0, 0)
    )
    array = np.full(geometry.shape, 100, np.int16)
    array[0] = 50
    plane = PictureGrid(np.array([-0.5, -0.5, 1.0]), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), (14, 12))
    reslicer = Reslicer(array, geometry)
    found = {mode: reslicer.sample(plane, 8.0, mode)[0] for mode in ("max", "min", "mean")}
    assert {mode: int(values[5, 5]) for mode, values in found.items()} == {"max": 100, "min": 50, "mean": 92}  # 550 / 6


def resampled(
    array: np.ndarray, geometry: Geometry, grid: PictureGrid, *, layers: int, spacing: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return (layers, height, width) as SimpleITK interpolates them, and where it knows a value."""
    image = SimpleITK.GetImageFromArray(array.astype(np.float64))
    image.SetOrigin(geometry.to_mm((0, 0, 0)).tolist())
    image.SetSpacing(geometry.spacing_mm[::-1])
    image.SetDirection(geometry.directions[:, ::-1].ravel().tolist())
    x, y = (np.asarray(step) for step in (grid.x_step_mm, grid.y_step_mm))
    size, normal = grid.pixel_mm, grid.normal
    origin = grid.to_mm(0.5, 0.5) - (layers - 1) / 2 * spacing * normal
    wanted = SimpleITK.ResampleImageFilter()
    wanted.SetSize((*grid.size, layers))
    wanted.SetOutputSpacing((*size, spacing))
    wanted.SetOutputOrigin(origin.tolist())
    wanted.SetOutputDirection(np.stack([x / size[0], y / size[1], normal], axis=1).ravel().tolist())
    wanted.SetInterpolator(SimpleITK.sitkLinear)
    wanted.SetDefaultPixelValue(-1e9)
    made = SimpleITK.GetArrayFromImage(wanted.Execute(image))
    points = points_of(grid) + (np.arange(layers) - (layers - 1) / 2)[:, None, None, None] * spacing * normal
    index = geometry.to_index(points)
    return made, ((index >= 0) & (index <= np.array(SHAPE) - 1)).all(axis=-1)


def test_labels_are_taken_from_the_nearest_voxel() -> None:
    geometry = tilted(18.5, SHAPE)
    labels = np.random.default_rng(7).integers(0, 5, SHAPE).astype(np.uint8)
    grid = oblique_grid(geometry)
    values, inside = Reslicer(labels, geometry, nearest=True).sample(grid)
    index = geometry.to_index(points_of(grid))
    nearest = np.clip(np.rint(index).astype(int), 0, np.array(SHAPE) - 1)
    expected = labels[tuple(np.moveaxis(nearest, -1, 0))]
    # a point half way between two voxels may go to either
    clear = inside & (np.abs(index - np.floor(index) - 0.5).min(axis=-1) > 1e-3)
    assert np.count_nonzero(clear) > 200
    assert np.array_equal(values[clear], expected[clear])


def test_the_perpendicular_plane_goes_through_the_point_along_the_patient_s_axes() -> None:
    geometry = tilted(18.5, SHAPE)
    grid = PictureGrid.perpendicular(geometry, "sagittal", (1.0, 2.0, 3.0))
    assert grid.to_mm(5, 7)[0] == pytest.approx(1.0)
    assert grid.edge_letters() == ("A", "P", "H", "F")
    assert grid.pixel_mm == pytest.approx((0.7, 0.7))
    corners = geometry.to_mm([(i, j, k) for i in (0, 19) for j in (0, 29) for k in (0, 39)])
    seen = np.array([grid.to_picture(corner) for corner in corners])
    assert (seen >= 0).all()
    assert (seen <= grid.size).all()
