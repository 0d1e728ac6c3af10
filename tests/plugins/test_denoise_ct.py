from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from skimage.restoration import denoise_nl_means

import medview
from medview.errors import MedViewError
from medview.plugin.contract import Result
from medview.plugin.discovery import discover, find
from medview.plugin.fit import why_not
from medview.progress import Cancelled
from medview.study.finding import DerivedImage
from medview.study.geometry import Geometry
from medview.study.volume import Volume
from plugins.denoise_ct.recipe.evaluate import Slice, held_out_slices
from plugins.denoise_ct.recipe.measures import psnr, ssim
from plugins.denoise_ct.recipe.simulate_dose import Scanner, dose_noise, line_integrals
from tests.plugin.folders import volume_of
from tests.plugins.conformance_of import conformance_of, in_state

LIVER, SPLEEN, AORTA = 5, 1, 52
OBLIQUE = np.array([[0.0, 0.1, 0.79, 12.0], [0.0, 0.79, -0.1, -40.0], [2.5, 0.0, 0.0, 700.0], [0.0, 0.0, 0.0, 1.0]])


def ct(array: np.ndarray, geometry: Geometry | None = None, unit: str = "HU") -> Volume:
    plain = volume_of(array, geometry, modality="CT")
    return Volume(plain.array, plain.geometry, plain.series, unit=unit)


def image_of(result: Result) -> DerivedImage:
    (image,) = result.answers
    assert isinstance(image, DerivedImage)
    return image


@pytest.fixture(scope="module")
def slices(shared_data: Path) -> list[Slice]:
    """Return two slices of an abdomen that the network has never seen, at a quarter of the dose."""
    return held_out_slices(shared_data, step=10)


@pytest.fixture(scope="module")
def made(slices: list[Slice]) -> np.ndarray:
    noisy = np.stack([one.noisy for one in slices])
    return image_of(medview.run("denoise_ct", ct(noisy), device="cpu")).array


def test_a_patient_never_seen_gains_four_decibels_at_a_quarter_of_the_dose(
    slices: list[Slice], made: np.ndarray
) -> None:
    for one, image in zip(slices, made, strict=True):
        assert psnr(image, one.truth) >= psnr(one.noisy, one.truth) + 4.0


def test_structures_come_out_no_worse_than_by_tuned_non_local_means(slices: list[Slice], made: np.ndarray) -> None:
    one = slices[1]
    sigma = float((one.noisy - one.truth)[one.organs == LIVER].std())
    means = denoise_nl_means(
        one.noisy, patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma, fast_mode=True, preserve_range=True
    )
    assert ssim(made[1], one.truth) >= ssim(means, one.truth) > ssim(one.noisy, one.truth)


@pytest.mark.parametrize("organ", [LIVER, SPLEEN, AORTA])
def test_organs_keep_their_values_and_lose_their_noise(slices: list[Slice], made: np.ndarray, organ: int) -> None:
    for one, image in zip(slices, made, strict=True):
        inside = ndimage.binary_erosion(one.organs == organ, iterations=3)
        assert inside.sum() > 100
        assert abs(float(image[inside].mean() - one.truth[inside].mean())) < 3.0
        assert image[inside].std() < one.noisy[inside].std()


def test_flat_areas_keep_their_values() -> None:
    steps = np.array([-1000, -500, -100, 0, 60, 200, 1000, 3000], dtype=np.int16)
    blocks = np.kron(steps.reshape(2, 4), np.ones((64, 64), dtype=np.int16))[None]
    image = image_of(medview.run("denoise_ct", ct(blocks), device="cpu")).array
    middles = image[0].reshape(2, 64, 4, 64).transpose(0, 2, 1, 3)[:, :, 24:40, 24:40].mean(axis=(2, 3)).ravel()
    assert np.abs(middles - steps)[1:6] == pytest.approx(np.zeros(5), abs=6.0)
    assert np.abs(middles - steps) == pytest.approx(np.zeros(8), abs=25.0)


def test_the_result_lies_on_the_grid_of_its_images_in_hounsfield_units_whatever_their_size() -> None:
    random = np.random.default_rng(5)
    array = (60 + random.normal(0.0, 25.0, (2, 101, 67))).astype(np.int16)
    volume = ct(array, Geometry(array.shape, OBLIQUE))
    result = medview.run("denoise_ct", volume, device="cpu")
    image = image_of(result)
    assert result.geometry is volume.geometry
    assert (image.array.shape, image.array.dtype, image.unit) == (array.shape, np.int16, "HU")
    assert (image.kind, image.is_synthetic) == ("denoised", False)
    assert image.array.std() < 0.7 * array.std()
    for index in range(2):  # each slice by itself, each at its own place
        alone = ct(array[index : index + 1])
        assert np.array_equal(image_of(medview.run("denoise_ct", alone, device="cpu")).array[0], image.array[index])


def test_what_the_scanner_has_not_reconstructed_stays_as_it_is(shared_data: Path) -> None:
    volume = medview.read(shared_data / "ct_abdomen_liver_seg" / "ct")
    array = image_of(medview.run("denoise_ct", volume, device="cpu")).array
    outside = volume.array == -3024
    assert 0.1 < outside.mean() < 0.3  # the corners around the circle of the scan
    assert (array[outside] == -3024).all()
    liver = np.s_[:, 240:300, 120:180]  # real noise, of thin slices
    assert array[liver].std() < 0.5 * volume.array[liver].std()
    assert array[liver].mean() == pytest.approx(float(volume.array[liver].mean()), abs=1.0)


def test_half_the_strength_takes_half_the_noise_out() -> None:
    array = np.random.default_rng(6).normal(60.0, 25.0, (1, 64, 64)).astype(np.float32)
    whole = image_of(medview.run("denoise_ct", ct(array), device="cpu", strength=100)).array
    half = image_of(medview.run("denoise_ct", ct(array), device="cpu", strength=50)).array
    assert half == pytest.approx((array + whole) / 2.0, abs=1.01)  # both are rounded to whole units


def test_other_images_are_refused_with_a_reason() -> None:
    flat = np.zeros((1, 64, 64), dtype=np.int16)
    refusal = why_not(find("denoise_ct", discover()).manifest, volume_of(flat, modality="MR").series)
    assert refusal is not None
    assert "made for CT images" in str(refusal.message)
    with pytest.raises(MedViewError, match="needs values in HU"):
        medview.run("denoise_ct", ct(flat, unit=""), device="cpu")


def test_a_run_can_be_stopped_between_slices() -> None:
    def stop(fraction: float, text: str = "") -> None:
        if fraction >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        medview.run("denoise_ct", ct(np.zeros((4, 64, 64), dtype=np.int16)), device="cpu", progress=stop)


def test_the_simulated_noise_is_that_of_the_dose() -> None:
    rows, columns = np.ogrid[:256, :256]
    water = np.where((rows - 127.5) ** 2 + (columns - 127.5) ** 2 < 100.0**2, 0.0, -1000.0)
    lines = line_integrals(water, 1.0)
    assert lines.max() == pytest.approx(200.0 * 0.0195, rel=0.02)  # the diameter, in water

    def noise(dose: float) -> np.ndarray:
        return dose_noise(lines, (256, 256), 1.0, dose, Scanner(electronic_variance=0.0), np.random.default_rng(1))

    full, quarter = (noise(dose)[96:160, 96:160] for dose in (1.0, 0.25))
    assert abs(float(quarter.mean())) < 1.0
    assert quarter.std() / full.std() == pytest.approx(2.0, rel=0.05)  # Poisson: the square root of the photons
    # Kak and Slaney 1988, section 5.2: variance = (pi / views) * bin * integral of the filter squared / photons behind
    photons = 2.0e6 * np.exp(-lines[:, lines.shape[1] // 2].mean())
    frequency = np.linspace(-0.8, 0.8, 4001)
    filtered = np.abs(frequency) * 0.5 * (1.0 + np.cos(np.pi * frequency / 0.8))
    variance = (np.pi**2 / 480) * 0.6 * np.trapezoid(filtered**2, frequency) / photons
    assert full.std() == pytest.approx(1000.0 / 0.0195 * np.sqrt(variance), rel=0.1)


def test_it_passes_the_whole_conformance_suite() -> None:
    rows = conformance_of("denoise_ct")
    assert in_state("failed", rows) == {}
    assert list(in_state("does not apply", rows)) == []
