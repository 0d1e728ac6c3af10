"""Images on a network's grid, held against scipy, SimpleITK, numpy and MONAI."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from medview.imaging.resample import resample
from medview.plugin.engine.intensity import measured
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.resample_in import resample_in
from medview.plugin.manifest.input_record import IntensityStep
from medview.study.geometry import Geometry


def images(shape: tuple[int, int, int] = (9, 20, 17), seed: int = 0) -> NDArray[np.int16]:
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).standard_normal(shape)
    array = (gaussian_filter(noise, 1.0) * 2000).astype(np.int16)
    array.flags.writeable = False
    return array


def geometry(shape: tuple[int, int, int] = (9, 20, 17)) -> Geometry:
    return Geometry.from_axes(
        shape, origin=(-30.0, 12.0, 7.0), slice_step=(0, 0, 3.0), row_step=(0, 0.8, 0), column_step=(0.7, 0, 0)
    )


@pytest.mark.parametrize("spacing", [(1.5, 1.5, 1.5), (5.0, 0.3, 0.7), (0.0, 0.0, 2.0), (3.0, 0.8, 0.7)])
@pytest.mark.parametrize("orientation", ["", "RAS", "LPS", "SAR"])
def test_values_are_those_of_simpleitk(spacing: tuple[float, float, float], orientation: str) -> None:
    array, source = images(), geometry()
    grid = ModelGrid.over(source, spacing, orientation)
    ours = resample_in(array, grid).numpy()
    target = grid.geometry(source)
    theirs = resample(array, source, target, outside=np.nan)
    inside = np.isfinite(theirs)
    within = np.indices(grid.size).reshape(3, -1).T
    index = source.to_index(target.to_mm(within)).reshape(*grid.size, 3)
    between = ((index >= 0) & (index <= np.array(array.shape) - 1)).all(axis=-1)
    assert inside[between].all()
    np.testing.assert_allclose(ours[between], theirs[between], atol=2e-2)  # of values in the hundreds


def test_beyond_the_outer_centres_the_outermost_value_holds() -> None:
    from scipy.ndimage import map_coordinates

    array, source = images(), geometry()
    grid = ModelGrid.over(source, (1.0, 0.31, 0.4))
    index = np.stack(np.meshgrid(*[m.start + m.step * np.arange(m.size) for m in grid.maps], indexing="ij"))
    assert index.min() < 0
    wanted = map_coordinates(array.astype(np.float64), index, order=1, mode="nearest")
    np.testing.assert_allclose(resample_in(array, grid).numpy(), wanted, atol=1e-3)


def test_grids_that_fill_the_same_box_are_torchs() -> None:
    array, source = images(), geometry()
    grid = ModelGrid.over(source, (1.5, 1.5, 1.5))
    wanted = torch.nn.functional.interpolate(
        torch.from_numpy(array.astype(np.float32))[None, None], size=grid.size, mode="trilinear", align_corners=False
    )[0, 0]
    assert (resample_in(array, grid) - wanted).abs().max() < 1e-3


@pytest.mark.parametrize("spacing", [1.5, 1.0, 0.45])
def test_grids_with_a_common_first_voxel_are_monais(spacing: float) -> None:
    from monai.data import MetaTensor
    from monai.transforms import Spacing

    array, source = images(), geometry()
    given = torch.from_numpy(array.astype(np.float32))[None]
    # MONAI is given the same affine from index to millimetres; that it would call it RAS changes no distance
    theirs = Spacing((spacing,) * 3, mode="bilinear", padding_mode="border")(
        MetaTensor(given, affine=torch.from_numpy(source.affine[[2, 1, 0, 3]].copy()))
    )
    grid = ModelGrid.over(source, (spacing,) * 3, alignment="centres")
    ours = resample_in(array, grid)
    assert tuple(theirs.shape[1:]) == tuple(ours.shape)
    assert (ours - theirs[0].as_tensor()).abs().max() < 2e-2


def test_area_is_the_mean_of_what_a_voxel_covers() -> None:
    array = images((9, 20, 18))
    source = geometry((9, 20, 18))
    grid = ModelGrid.over(source, (9.0, 1.6, 2.1))  # 3, 2 and 3 voxels
    assert grid.size == (3, 10, 6)
    wanted = array.reshape(3, 3, 10, 2, 6, 3).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(resample_in(array, grid, interpolation="area").numpy(), wanted, atol=1e-2)


def test_area_of_fractions_keeps_the_mean() -> None:
    array, source = images(), geometry()
    grid = ModelGrid.over(source, (4.1, 1.1, 1.3))
    assert resample_in(array, grid, interpolation="area").mean().item() == pytest.approx(array.mean(), abs=1e-2)
    assert resample_in(array, grid).mean().item() != pytest.approx(array.mean(), abs=1e-2)


def test_area_where_the_network_is_finer_is_linear() -> None:
    array, source = images(), geometry()
    grid = ModelGrid.over(source, (2.0, 0.3, 0.3))
    assert torch.equal(resample_in(array, grid, interpolation="area"), resample_in(array, grid))


def test_values_are_clipped_before_they_are_mixed() -> None:
    array = np.array([0, 3000, 0], dtype=np.int16).reshape(1, 1, 3)
    grid = ModelGrid.over(geometry((1, 1, 3)), (0.0, 0.0, 0.35))
    steps = measured([IntensityStep(op="clip", low=0, high=100)], array)
    assert resample_in(array, grid, steps).max() <= 100.0
    assert resample_in(array, grid, steps)[0, 0, 1].item() == pytest.approx(25.0, abs=1e-3)


def applied(array: NDArray[Any], *steps: IntensityStep, padding: tuple[float, float] | None = None) -> NDArray[Any]:
    return measured(steps, array, padding).apply(torch.from_numpy(array.astype(np.float32))).numpy()


@pytest.mark.parametrize("kind", [np.int16, np.uint16, np.float32])
def test_statistics_are_numpys(kind: type) -> None:
    array = (images().astype(np.float64) + (900 if kind is np.uint16 else 0.0)).clip(0 if kind is np.uint16 else None)
    array = array.astype(kind)
    values = array.astype(np.float64)
    low, high = np.percentile(values, (0.5, 99.5))
    clipped = values.clip(low, high)
    wanted = (clipped - clipped.mean()) / clipped.std()
    ours = applied(array, IntensityStep(op="clip_percentile", low=0.5, high=99.5), IntensityStep(op="zscore"))
    np.testing.assert_allclose(ours, wanted, atol=2e-5)
    ours = applied(array, IntensityStep(op="minmax", low=-1, high=1))
    np.testing.assert_allclose(ours, (values - values.min()) / np.ptp(values) * 2 - 1, atol=2e-5)


def test_steps_are_monais() -> None:
    from monai.transforms import NormalizeIntensity, ScaleIntensityRange

    array = images().copy()
    array[:, :5] = 0
    given = torch.from_numpy(array.astype(np.float32))[None]
    theirs = NormalizeIntensity(nonzero=True)(given.clone())[0].numpy()
    np.testing.assert_allclose(applied(array, IntensityStep(op="zscore", nonzero=True)), theirs, atol=1e-4)
    theirs = ScaleIntensityRange(-160, 240, 0, 1)(given.clone())[0].numpy()
    ours = applied(array, IntensityStep(op="minmax", low=0, high=1, source_range=(-160, 240)))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_plain_numbers() -> None:
    array = np.array([[[-2000, 0, 100, 50]]], dtype=np.int16)
    steps = [IntensityStep(op="clip", low=-1000, high=60), IntensityStep(op="offset", factor=1000.0)]
    assert applied(array, *steps, IntensityStep(op="scale", factor=0.5)).ravel().tolist() == [0, 500, 530, 525]
    assert applied(array, IntensityStep(op="zscore", mean=50, std=25)).ravel().tolist() == [-82, -2, 2, 0]
    assert applied(array, IntensityStep(op="clip", low=10, high=60, nonzero=True)).ravel().tolist() == [10, 0, 60, 50]


def test_padding_is_no_part_of_the_statistics() -> None:
    array = np.array([[[-2000, -2000, -1000, 100, 50]]], dtype=np.int16)
    ours = applied(array, IntensityStep(op="minmax", low=0, high=1), padding=(-2000, -2000))
    np.testing.assert_allclose(ours.ravel(), [0, 0, 0, 1, 1050 / 1100], atol=1e-6)


def test_an_image_of_one_value_is_no_division_by_zero() -> None:
    array = np.full((2, 3, 4), 7, dtype=np.int16)
    assert applied(array, IntensityStep(op="zscore")).tolist() == np.zeros((2, 3, 4)).tolist()
    assert applied(array, IntensityStep(op="minmax", low=2, high=3)).tolist() == np.full((2, 3, 4), 2.0).tolist()
    empty = np.zeros((2, 3, 4), dtype=np.int16)
    assert applied(empty, IntensityStep(op="zscore", nonzero=True)).tolist() == empty.tolist()
