"""Where a network's answer lies: half a voxel is looked for, on every kind of grid, held against SimpleITK."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import SimpleITK
import torch
from numpy.typing import NDArray

from medview.plugin.engine.intensity import Intensity
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.network_input import NetworkInput
from medview.plugin.engine.resample_in import resample_in
from medview.plugin.engine.slab_values import slices_of
from medview.plugin.engine.sliding_window import Slab
from medview.plugin.engine.tiles import Tiling
from medview.study.geometry import Geometry

SHAPES = ((14, 21, 17), (1, 30, 26), (2, 9, 33))


def geometry(shape: tuple[int, int, int], seed: int) -> Geometry:
    rng = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    affine = np.eye(4)
    affine[:3, :3] = axes * np.array([3.1, 0.7, 1.3])
    affine[:3, 3] = rng.uniform(-90, 90, 3)
    return Geometry(shape, affine)


def itk(array: NDArray[Any], geometry: Geometry) -> Any:
    """Return an image of SimpleITK: its index is (column, row, slice)."""
    made = SimpleITK.GetImageFromArray(np.ascontiguousarray(array, dtype=np.float32))
    order = [2, 1, 0]
    made.SetSpacing([geometry.spacing_mm[a] for a in order])
    made.SetDirection(geometry.directions[:, order].ravel().tolist())
    made.SetOrigin(geometry.affine[:3, 3].tolist())
    return made


def smooth(geometry: Geometry) -> NDArray[np.float32]:
    """Return a value that is linear in the patient's millimetres: any shift of a fraction of a voxel shows in it."""
    index = np.moveaxis(np.indices(geometry.shape), 0, -1)
    return np.asarray(geometry.to_mm(index) @ np.array([1.0, 2.5, -1.7]), dtype=np.float32)


def back(values: torch.Tensor, grid: ModelGrid) -> NDArray[np.float32]:
    slabs = [Slab(n, values[None, n : n + 3]) for n in range(0, values.shape[0], 3)]
    found = dict(slices_of(slabs, grid))
    return np.stack([found[n][0].numpy() for n in range(grid.source_size[0])])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("alignment", ["faces", "centres"])
@pytest.mark.parametrize("letters", ["", "RAS", "PIR", "LIA", "SAL"])
def test_what_the_network_sees_and_what_comes_back_is_what_simpleitk_samples(
    shape: tuple[int, int, int], alignment: Any, letters: str
) -> None:
    source = geometry(shape, 7)
    grid = ModelGrid.over(source, (1.7, 2.2, 0.9), letters, alignment)
    array = smooth(source)
    seen = resample_in(array, grid).numpy()
    network = grid.geometry(source)
    index = np.moveaxis(np.indices(grid.size), 0, -1)
    at = source.to_index(network.to_mm(index))
    inside = ((at >= -1e-6) & (at <= np.array(shape) - 1 + 1e-6)).all(axis=-1)
    wanted = smooth(network)
    assert inside.any() or shape[0] == 1
    np.testing.assert_allclose(seen[inside], wanted[inside], atol=2e-3)
    theirs = SimpleITK.GetArrayFromImage(
        SimpleITK.Resample(
            itk(array, source),
            itk(np.zeros(grid.size), network),
            SimpleITK.Transform(),
            SimpleITK.sitkLinear,
            float("nan"),
        )
    )
    both = inside & np.isfinite(theirs)
    np.testing.assert_allclose(seen[both], theirs[both], atol=2e-2)
    returned = back(torch.from_numpy(wanted), grid)
    place = network.to_index(source.to_mm(np.moveaxis(np.indices(shape), 0, -1)))
    covered = ((place >= -1e-6) & (place <= np.array(grid.size) - 1 + 1e-6)).all(axis=-1)
    np.testing.assert_allclose(returned[covered], array[covered], atol=2e-3)


@pytest.mark.parametrize("letters", ["SPL", "IPL"])
def test_the_slices_that_are_said_to_be_looked_at_are_slices_of_the_images(letters: str) -> None:
    """A grid of exact spacing may reach past the last slice: what is seen there is the last slice."""
    affine = np.eye(4)[[2, 1, 0, 3]] * np.array([3.1, 0.7, 1.3, 1.0])
    grid = ModelGrid.over(Geometry((12, 5, 6), affine), (7.4, 0.0, 0.0), letters, "centres")
    box = (slice(4, 16), slice(0, 5), slice(0, 6))
    given = NetworkInput(torch.zeros(grid.size), grid, box, Tiling((1, 5, 6)), Intensity())
    at = np.array([0.0, 2.387, 4.774, 7.161, 9.548, 11.935])
    wanted = 4 + np.clip(np.rint(at if letters[0] == "S" else 11 - at), 0, 11)
    np.testing.assert_array_equal(given.slice_indices(), wanted)
