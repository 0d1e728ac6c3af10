"""Measure the network on the held-out patient: ``python -m plugins.denoise_ct.recipe.evaluate DATA WEIGHTS``.

Beside it stands non-local means with its strength tuned on these very slices, which is more than the network was given.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.restoration import denoise_nl_means

from plugins.denoise_ct.denoise_ct import denoise_slice, load_generator
from plugins.denoise_ct.recipe.log import log
from plugins.denoise_ct.recipe.measures import psnr, ssim
from plugins.denoise_ct.recipe.pairs import SEED
from plugins.denoise_ct.recipe.scans import HELD_OUT, TRAINING, WATCHED, Scan, read_scan
from plugins.denoise_ct.recipe.simulate_dose import Scanner, dose_noise, line_integrals

# The held-out patient is large and lies with the arms down; the scanner chose 253 mAs for him and 73 for the chest. So
# many photons give 14 HU of noise in the liver at the full dose, near the 14 HU that the scan has.
HELD_OUT_PHOTONS = 1.0e7
QUARTER = 0.25
_STEP = 3  # every so many slices
_ORGANS = {"spleen": 1, "right kidney": 2, "liver": 5, "stomach": 6, "aorta": 52}  # as TotalSegmentator numbers them
_LIVER = 5
_STRENGTHS = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2)  # of non-local means, in standard deviations of the noise
_ROI = 40

Image = NDArray[np.float32]
Judge = Callable[[NDArray[Any], NDArray[Any]], float]


@dataclass(frozen=True, eq=False)
class Slice:
    """A slice as it is, as it would be at a lower dose, and which organ each pixel belongs to (0 none)."""

    truth: Image
    noisy: Image
    organs: NDArray[np.int16]


def held_out_slices(data: Path, dose: float = QUARTER, cutoff_per_mm: float = 0.8, step: int = _STEP) -> list[Slice]:
    """Return every `step`-th slice of the held-out patient with simulated noise; the seed is fixed."""
    folder = data / HELD_OUT["abdomen_held_out"]
    scan = read_scan("abdomen_held_out", folder)
    organs = _organs(folder.parent / "nifti" / "example_seg_dicom.nii.gz")
    random = np.random.default_rng(SEED)
    scanner = Scanner(HELD_OUT_PHOTONS, cutoff_per_mm=cutoff_per_mm)
    return [_slice(scan, index, organs[index], dose, scanner, random) for index in range(0, len(scan.hu), step)]


def _slice(
    scan: Scan, index: int, organs: NDArray[np.int16], dose: float, scanner: Scanner, random: np.random.Generator
) -> Slice:
    truth = scan.hu[index].astype(np.float32)
    rows, columns = truth.shape
    lines = line_integrals(truth, scan.spacing_mm)
    noise = dose_noise(lines, (rows, columns), scan.spacing_mm, dose, scanner, random)
    return Slice(truth, truth + noise, organs)


def _organs(file: Path) -> NDArray[np.int16]:
    """Return the labels in the order of the images: slices upward, rows to the back, columns to the left."""
    image = nibabel.as_closest_canonical(nibabel.load(file))  # type: ignore[no-untyped-call]
    labels = np.asarray(image.dataobj).astype(np.int16)
    return labels.transpose(2, 1, 0)[:, ::-1, ::-1]


def all_means(slices: list[Slice]) -> dict[float, list[Image]]:
    """Return the slices after non-local means (5x5 pieces within 13x13) at every strength."""
    sigma = float(np.mean([(one.noisy - one.truth)[one.organs == _LIVER].std() for one in slices]))
    return {strength: [_means(one.noisy, sigma, strength) for one in slices] for strength in _STRENGTHS}


def best_strength(made: Mapping[float, list[Image]], slices: list[Slice], judge: Judge) -> float:
    """Return the strength that `judge` likes best on average."""

    def score(strength: float) -> float:
        return float(np.mean([judge(image, one.truth) for image, one in zip(made[strength], slices, strict=True)]))

    return max(made, key=score)


def _means(noisy: Image, sigma: float, strength: float) -> Image:
    made: Image = denoise_nl_means(
        noisy, patch_size=5, patch_distance=6, h=strength * sigma, sigma=sigma, fast_mode=True, preserve_range=True
    )
    return made


def report(name: str, made: list[Image], slices: list[Slice]) -> None:
    """Print how near images are to the truth, the bias in organs, and the liver's texture."""
    pairs = list(zip(made, slices, strict=True))
    near = np.mean([(psnr(image, one.truth), ssim(image, one.truth)) for image, one in pairs], axis=0)
    bias = {organ: np.concatenate([_differences(*pair, number) for pair in pairs]) for organ, number in _ORGANS.items()}
    told = ", ".join(f"{organ} {values.mean():+.1f}" for organ, values in bias.items() if values.size > 200)
    texture = np.nanmean([_texture(image, one.organs) for image, one in pairs], axis=0)
    log(f"{name}: PSNR {near[0]:.2f} dB, SSIM {near[1]:.4f}; bias HU: {told}")
    log(f"    liver: std {texture[0]:.1f} HU, mean frequency of its noise {texture[1]:.3f} per pixel")


def _differences(made: Image, one: Slice, number: int) -> NDArray[np.float32]:
    """Return made minus true within an organ, its border left out."""
    inside = ndimage.binary_erosion(one.organs == number, iterations=3)
    differences: NDArray[np.float32] = (made - one.truth)[inside]
    return differences


def _texture(image: Image, organs: NDArray[np.int16]) -> tuple[float, float]:
    """Return the noise's standard deviation and mean frequency in the square of the liver that is deepest inside."""
    depth = ndimage.distance_transform_cdt(organs == _LIVER)
    if depth.max() < _ROI // 2:
        return np.nan, np.nan
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    half = _ROI // 2
    piece = image[row - half : row + half, column - half : column + half].astype(np.float64)
    piece = piece - ndimage.gaussian_filter(piece, 8.0)
    power = np.abs(np.fft.fft2(piece * np.outer(np.hanning(_ROI), np.hanning(_ROI)))) ** 2
    frequency = np.hypot(np.fft.fftfreq(_ROI)[:, None], np.fft.fftfreq(_ROI)[None])
    return float(piece.std()), float((power * frequency).sum() / power.sum())


def compare(slices: list[Slice], networks: Mapping[str, Path]) -> None:
    """Print the measures of the truth, the noisy slices, non-local means and the networks."""
    report("full dose", [one.truth for one in slices], slices)
    report("noisy", [one.noisy for one in slices], slices)
    means = all_means(slices)
    for name, judge in {"PSNR": psnr, "SSIM": ssim}.items():
        strength = best_strength(means, slices, judge)
        report(f"non-local means, h {strength} sigma, best {name}", means[strength], slices)
    for name, weights in networks.items():
        generator = load_generator(weights, "cpu")
        start = time.perf_counter()
        made = [denoise_slice(generator, one.noisy) for one in slices]
        seconds = (time.perf_counter() - start) / len(slices)
        report(f"network {name} ({seconds:.2f} s a slice)", made, slices)
        whole = [denoise_slice(generator, one.noisy, strength=1.0) for one in slices]
        report(f"network {name}, strength 100 %", whole, slices)


def as_acquired(data: Path, weights: Path) -> None:
    """Print what the network does to scans as they are, whose noise nobody simulated."""
    generator = load_generator(weights, "cpu")
    abdomen = read_scan("abdomen_99000", data / WATCHED["abdomen_99000"]).hu[1]
    chest = data / TRAINING["chest_a0002"]
    sharp = read_scan("sharp kernel", chest.with_name("2_series")).hu[6]
    for name, hu, roi in (
        ("abdomen, 1.25 mm slices", abdomen, np.s_[240:300, 120:180]),
        ("chest, sharp kernel", sharp, np.s_[240:300, 120:180]),
    ):
        before, after = hu[roi].astype(np.float32), denoise_slice(generator, hu)[roi]
        means, deviations = (before.mean(), after.mean()), (before.std(), after.std())
        log(f"{name}, liver: mean {means[0]:.1f} > {means[1]:.1f}, std {deviations[0]:.1f} > {deviations[1]:.1f}")


def main(data: Path, weights: Path) -> None:
    """Measure at a quarter of the dose, at other doses and kernels, and on scans as they are."""
    torch.set_num_threads(2)
    pixels = weights.with_name(f"{weights.stem}_pixels.safetensors")
    networks = {"trained against the critic": weights} | ({"before the critic": pixels} if pixels.exists() else {})
    log("A quarter of the dose, soft kernel")
    compare(held_out_slices(data), networks)
    generator = load_generator(weights, "cpu")
    for dose, cutoff in ((0.5, 0.8), (0.125, 0.8), (0.25, 0.65), (0.25, 1.0)):
        slices = held_out_slices(data, dose, cutoff)
        log(f"{dose} of the dose, kernel to {cutoff} lp/mm")
        report("noisy", [one.noisy for one in slices], slices)
        report("network", [denoise_slice(generator, one.noisy) for one in slices], slices)
    as_acquired(data, weights)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:3]))
