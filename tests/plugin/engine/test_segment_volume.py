"""A network that thresholds gives the mask of the images thresholded, however they lie in the patient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from medview.plugin.engine.intensity import measured
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.resample_in import resample_in
from medview.plugin.engine.segment_volume import TiledRun, segment_volume
from medview.plugin.engine.sliding_window import SlidingWindow
from medview.plugin.engine.tiles import Tiling
from medview.plugin.manifest.input_record import IntensityStep
from medview.progress import Cancelled
from medview.study.geometry import Geometry
from tests.plugin.engine.logits import interpolated

LETTERS = ("RAS", "LPS", "LIA", "SAR", "PIR", "ASL")


def rotation(rng: np.random.Generator) -> NDArray[Any]:
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    return np.asarray(q * np.sign(np.diag(r)))


def any_geometry(rng: np.random.Generator, shape: tuple[int, int, int]) -> Geometry:
    """Return a grid that lies obliquely and, every second time, is sheared by a gantry tilt."""
    spacing = rng.uniform(0.5, 4.0, 3)
    axes = rotation(rng) * spacing
    if rng.random() < 0.5:
        axes[:, 0] += axes[:, 1] / spacing[1] * np.tan(np.deg2rad(rng.uniform(-25, 25))) * spacing[0]
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes, rng.uniform(-200, 200, 3)
    return Geometry(shape, affine)


def any_images(rng: np.random.Generator) -> tuple[NDArray[np.int16], Geometry]:
    a, b, c = (int(n) for n in rng.integers(3, 26, 3))
    array = (rng.standard_normal((a, b, c)) * 500).astype(np.int16)
    array.flags.writeable = False
    return array, any_geometry(rng, (a, b, c))


def above(level: float) -> Any:
    """Return a network of two classes: at or below a level, and above it."""

    def forward(tiles: Tensor) -> Tensor:
        return torch.cat([torch.zeros_like(tiles), tiles - level], dim=1)

    return forward


def run_of(grid: ModelGrid, forward: Any, rng: np.random.Generator) -> TiledRun:
    a, b, c = (int(n) for n in rng.integers(4, 15, 3))  # the network's axes
    tiling = Tiling(grid.in_source_order((a, b, c)), float(rng.choice([0.25, 0.5])))
    return TiledRun(SlidingWindow(forward, tiling, grid.axes, batch=int(rng.integers(1, 4))), grid)


@pytest.mark.parametrize("seed", range(24))
def test_on_the_images_own_grid_the_mask_is_theirs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    array, geometry = any_images(rng)
    grid = ModelGrid.over(geometry, orientation=str(rng.choice(LETTERS)))
    mask = np.full(array.shape, 9, dtype=np.uint8)
    segment_volume(run_of(grid, above(100.5), rng), array, mask)
    np.testing.assert_array_equal(mask, array > 100)


@pytest.mark.parametrize("seed", range(24))
def test_on_another_grid_the_mask_is_that_of_the_values_there_and_back(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    array, geometry = any_images(rng)
    spacing = tuple(float(mm) for mm in rng.uniform(0.6, 4.0, 3))
    alignment = "faces" if seed % 3 else "centres"
    grid = ModelGrid.over(geometry, spacing, str(rng.choice(LETTERS)), alignment)
    mask = np.full(array.shape, 9, dtype=np.uint8)
    segment_volume(run_of(grid, above(50.25), rng), array, mask)
    back = interpolated(resample_in(array, grid)[None], grid)[0].numpy() - 50.25
    clear = np.abs(back) > 1e-2  # sums of tiles are rounded
    np.testing.assert_array_equal(mask[clear], (back > 0)[clear])
    assert clear.mean() > 0.99


@pytest.mark.parametrize("seed", range(8))
def test_a_ball_in_the_patient_is_found_where_it_is(seed: int) -> None:
    """Millimetres of the patient, and no index, say where the result belongs."""
    rng = np.random.default_rng(200 + seed)
    geometry = any_geometry(rng, (40, 44, 42))
    centre, radius_mm = geometry.centre_mm, 9.0 * min(geometry.spacing_mm)
    places = geometry.to_mm(np.moveaxis(np.indices(geometry.shape), 0, -1))
    distance_mm = np.linalg.norm(places - centre, axis=-1)
    array = (1000.0 - 1000.0 * distance_mm / radius_mm).astype(np.float32)
    spacing = tuple(float(mm) for mm in np.array(geometry.spacing_mm)[rng.permutation(3)] * 1.3)
    grid = ModelGrid.over(geometry, spacing, str(rng.choice(LETTERS)))
    mask = np.zeros(geometry.shape, dtype=np.uint8)
    segment_volume(run_of(grid, above(0.0), rng), array, mask)
    edge_mm = max(geometry.spacing_mm) * 0.75
    assert mask[distance_mm < radius_mm - edge_mm].all()
    assert not mask[distance_mm > radius_mm + edge_mm].any()


@pytest.mark.parametrize("letters", LETTERS)
def test_the_network_sees_the_patient_its_way_round(letters: str) -> None:
    geometry = Geometry.from_axes(  # axial, rows to P, columns to L, slices to S
        (12, 10, 14), origin=(0, 0, 0), slice_step=(0, 0, 2), row_step=(0, 1, 0), column_step=(1, 0, 0)
    )
    towards = {"L": (2, 1), "R": (2, -1), "P": (1, 1), "A": (1, -1), "S": (0, 1), "I": (0, -1)}
    for network_axis, letter in enumerate(letters):
        axis, sign = towards[letter]
        array = (np.indices(geometry.shape)[axis] * 10).astype(np.int16)
        seen = list[float]()

        def forward(tiles: Tensor, seen: list[float] = seen, along: int = network_axis) -> Tensor:
            seen.extend(tiles.diff(dim=2 + along).flatten().tolist())
            return tiles.repeat(1, 2, 1, 1, 1)

        grid = ModelGrid.over(geometry, orientation=letters)
        window = SlidingWindow(forward, Tiling(grid.in_source_order((4, 5, 6))), grid.axes)
        segment_volume(TiledRun(window, grid), array, np.zeros(array.shape, dtype=np.uint8))
        assert set(seen) == {sign * 10.0}


def test_thresholds_are_probabilities_and_numbers_are_labels() -> None:
    array = np.arange(-60, 60, dtype=np.int16).reshape(4, 5, 6)
    grid = ModelGrid.over(Geometry((4, 5, 6), np.eye(4)))
    window = SlidingWindow(lambda tiles: torch.cat([tiles, tiles - 20], dim=1), Tiling((4, 5, 6)))
    labels = np.zeros(array.shape, dtype=np.uint8)
    segment_volume(TiledRun(window, grid), array, labels, numbers=(3, 8), thresholds=(0.5, 0.75))
    wanted = np.where(array > 20 + np.log(3), 8, np.where(array > 0, 3, 0))
    np.testing.assert_array_equal(labels, wanted)


def test_slices_are_told_while_the_run_goes_on_and_a_cancel_ends_it() -> None:
    array = np.zeros((60, 8, 8), dtype=np.int16)
    grid = ModelGrid.over(Geometry(array.shape, np.diag([2.0, 1.0, 1.0, 1.0])))
    told, calls = list[tuple[int, int]](), list[float]()

    def progress(fraction: float, text: str = "") -> None:
        calls.append(fraction)
        if fraction > 0.6:
            raise Cancelled

    run = TiledRun(SlidingWindow(above(1.0), Tiling((8, 8, 8))), grid)
    with pytest.raises(Cancelled):
        segment_volume(
            run, array, np.zeros(array.shape, dtype=np.uint8), told=lambda *t: told.append(t), progress=progress
        )
    assert calls == sorted(calls)
    assert len(told) > 3
    assert told[0][0] == 0
    assert told[-1][1] < 60


def test_steps_measured_on_the_whole_do_not_change_from_tile_to_tile() -> None:
    rng = np.random.default_rng(0)
    array = (rng.standard_normal((20, 18, 16)) * 300 + np.arange(20)[:, None, None] * 50).astype(np.int16)
    steps = measured([IntensityStep(op="zscore")], array)
    grid = ModelGrid.over(Geometry(array.shape, np.eye(4)))
    window = SlidingWindow(above(0.0), Tiling((8, 8, 8)))
    mask = np.zeros(array.shape, dtype=np.uint8)
    segment_volume(TiledRun(window, grid, steps), array, mask)
    np.testing.assert_array_equal(mask, array > array.mean())
