"""Filters against scipy and SimpleITK, on greys and colours."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage

from medview.imaging.filters import FILTERS, filtered, raised

RNG = np.random.default_rng(7)
PICTURE = RNG.integers(-1000, 3000, (40, 53)).astype(np.int16)


def test_the_median_is_that_of_scipy() -> None:
    for values in (PICTURE, PICTURE.astype(np.float32), RNG.integers(0, 255, (9, 7)).astype(np.uint8)):
        assert np.array_equal(filtered(values, "median"), ndimage.median_filter(values, 3, mode="nearest"))


@pytest.mark.parametrize(("name", "sigma"), [("smooth", 1.0), ("smooth_more", 2.0)])
def test_smoothing_is_a_gaussian_in_pixels(name: str, sigma: float) -> None:
    image = SimpleITK.GetImageFromArray(PICTURE.astype(np.float64))
    wanted = SimpleITK.GetArrayFromImage(SimpleITK.DiscreteGaussian(image, sigma**2, 32, 1e-4, False))
    found = filtered(PICTURE, name)  # type: ignore[arg-type]
    inside = (slice(10, -10), slice(10, -10))
    # a sampled and a discrete Gaussian are not the same kernel, but nearly
    assert np.abs(found[inside] - wanted[inside]).max() < 0.05 * np.ptp(PICTURE)
    assert abs(found[inside].std() / wanted[inside].std() - 1) < 0.12


def test_sharpening_adds_what_smoothing_takes_away() -> None:
    wanted = 2 * PICTURE.astype(float) - ndimage.gaussian_filter(PICTURE.astype(float), 1.0, mode="nearest")
    assert filtered(PICTURE, "sharpen") == pytest.approx(np.rint(wanted), abs=1)


def test_edges_are_the_slope_from_black_on() -> None:
    ramp = np.tile(np.arange(20, dtype=np.int16) * 7, (15, 1))
    found = raised(filtered(ramp, "edges"), -100.0)
    assert (found[:, 2:-2] == -93).all()


@pytest.mark.parametrize("name", FILTERS)
def test_type_and_range_stay_and_colours_are_filtered_one_by_one(name: str) -> None:
    colours = RNG.integers(0, 256, (12, 14, 3)).astype(np.uint8)
    found = filtered(colours, name)  # type: ignore[arg-type]
    assert found.dtype == np.uint8
    assert found.shape == colours.shape
    for channel in range(3):
        alone = filtered(np.ascontiguousarray(colours[..., channel]), name)  # type: ignore[arg-type]
        assert np.array_equal(found[..., channel], alone)
    steep = np.where(np.arange(400).reshape(20, 20) % 2, 32767, -32768).astype(np.int16)
    assert np.abs(filtered(steep, name).astype(int)).max() <= 32768  # type: ignore[arg-type]
