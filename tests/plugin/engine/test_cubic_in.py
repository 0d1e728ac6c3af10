"""Splines as nnU-Net resamples: which axis is taken slice by slice, against scikit-image's own resizing."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.transform import resize

from medview.plugin.engine.cubic_in import cubic_in
from medview.plugin.engine.model_grid import ModelGrid
from medview.study.geometry import Geometry

Spacing = tuple[float, float, float]


def grid_of(shape: tuple[int, int, int], spacing_mm: Spacing, wanted_mm: Spacing) -> ModelGrid:
    return ModelGrid.over(Geometry(shape, np.diag([*spacing_mm, 1.0])), wanted_mm)


@pytest.mark.parametrize(
    ("shape", "spacing_mm", "wanted_mm"),
    [
        # two axes are the coarse ones: nnU-Net then takes none by itself, whatever the network's own steps are
        ((30, 8, 9), (0.25, 1.25, 1.25), (1.0, 1.0, 5.0)),
        ((30, 8, 9), (0.25, 1.25, float(np.nextafter(1.25, 2.0))), (0.5, 1.0, 1.0)),
        # a wanted step of three times another's is none of more than three, however sizes are rounded
        ((9, 17, 17), (1.0, 1.0, 1.0), (3.0, 1.0, 1.0)),
        ((10, 17, 17), (1.0, 1.0, 1.0), (3.0, 1.0, 1.0)),
        ((11, 10, 17), (1.1, 1.0, 1.0), (3.0, 1.1, 1.0)),
    ],
)
def test_axes_that_nnunet_takes_together_are_taken_together(
    shape: tuple[int, int, int], spacing_mm: Spacing, wanted_mm: Spacing
) -> None:
    values = np.random.default_rng(4).normal(size=shape).astype(np.float32)
    grid = grid_of(shape, spacing_mm, wanted_mm)
    given = cubic_in(values, grid, spacing_mm, wanted_mm)
    theirs = resize(values.astype(float), grid.size, 3, mode="edge", anti_aliasing=False)
    np.testing.assert_allclose(given, theirs, atol=1e-4)


def test_thick_slices_are_taken_one_by_one() -> None:
    values = np.random.default_rng(4).normal(size=(5, 12, 12)).astype(np.float32)
    grid = grid_of((5, 12, 12), (5.0, 1.0, 1.0), (2.5, 1.5, 1.5))
    given = cubic_in(values, grid, (5.0, 1.0, 1.0), (2.5, 1.5, 1.5))
    flat = [resize(plane.astype(float), (8, 8), 3, mode="edge", anti_aliasing=False) for plane in values]
    np.testing.assert_allclose(given, np.repeat(flat, 2, axis=0), atol=1e-4)
