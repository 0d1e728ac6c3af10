"""Slices of the training patients with the noise of lower doses, kept in a file.

``python -m plugins.denoise_ct.recipe.pairs DATA FILE``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from skimage.transform import resize

from plugins.denoise_ct.recipe.log import log
from plugins.denoise_ct.recipe.scans import TRAINING, Scan, read_scan
from plugins.denoise_ct.recipe.simulate_dose import Scanner, dose_noise, line_integrals

SEED = 20261123
_NOISES = 2  # of each slice at each size of pixels
# Coarser pixels let noise be whiter and edges sharper, as on a large field of view. They are sampled from the slice
# without smoothing, as a scanner samples one and the same reconstruction.
_SIZES: Mapping[str, tuple[int, ...]] = {
    "chest_a0002": (512, 400, 340),
    "head_tilt": (512, 340, 256),
}
_PHOTONS = 4.0e5  # a chest's noise is then about 13 HU at the full dose with a soft kernel
_DOSES = (0.12, 1.0)
_CUTOFFS_PER_MM = (0.6, 1.1)


@dataclass(frozen=True, eq=False)
class Pair:
    """A slice in HU and what lower doses add to it: (rows, columns) int16 and (noises, rows, columns) float16."""

    clean: NDArray[np.int16]
    noises: NDArray[np.float16]


def simulate_pairs(scan: Scan, random: Generator) -> Iterator[Pair]:
    """Yield each slice of a patient at several sizes of pixels, each with noises of random dose and kernel."""
    for hu in scan.hu:
        for size in _SIZES[scan.name]:
            clean = hu if size == hu.shape[0] else _coarser(hu, size)
            spacing_mm = scan.spacing_mm * hu.shape[0] / size
            lines = line_integrals(clean, spacing_mm)
            noises = [_noise(lines, (size, size), spacing_mm, random) for _ in range(_NOISES)]
            yield Pair(np.round(clean).astype(np.int16), np.stack(noises))


def _coarser(hu: NDArray[np.int16], size: int) -> NDArray[np.float32]:
    """Return a slice on larger pixels."""
    coarse: NDArray[np.float32] = resize(  # type: ignore[no-untyped-call]
        hu.astype(np.float32), (size, size), order=3, anti_aliasing=False
    )
    return coarse


def _noise(
    lines: NDArray[np.float64], shape: tuple[int, int], spacing_mm: float, random: Generator
) -> NDArray[np.float16]:
    dose = float(np.exp(random.uniform(*np.log(_DOSES))))
    scanner = Scanner(photons=_PHOTONS, cutoff_per_mm=random.uniform(*_CUTOFFS_PER_MM))
    return dose_noise(lines, shape, spacing_mm, dose, scanner, random).astype(np.float16)


def save_pairs(pairs: list[Pair], file: Path) -> None:
    """Write pairs as safetensors."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, pair in enumerate(pairs):
        arrays |= {f"clean_{number:04}": pair.clean, f"noise_{number:04}": pair.noises}
    save_file(arrays, file)


def read_pairs(file: Path) -> list[Pair]:
    """Read what `save_pairs` has written."""
    arrays = load_file(file)
    return [Pair(arrays[f"clean_{number:04}"], arrays[f"noise_{number:04}"]) for number in range(len(arrays) // 2)]


def main(data: Path, file: Path) -> None:
    """Simulate the pairs of all training patients."""
    random = np.random.default_rng(SEED)
    pairs: list[Pair] = []
    for name, folder in TRAINING.items():
        pairs += simulate_pairs(read_scan(name, data / folder), random)
        log(f"{name}: {len(pairs)} slices so far")
    save_pairs(pairs, file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
