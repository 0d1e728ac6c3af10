"""Quantum and electronic noise of a CT at a lower dose, simulated in the projections of a slice.

After Zeng D. et al., A simple low-dose X-ray CT simulation from high-dose scan, IEEE Trans. Nucl. Sci. 62 (2015) 2226,
in parallel geometry: line integrals of the slice give the photons that arrive at each detector bin; Poisson and
electronic noise falls on them; what the noise adds to the logarithm is filtered and projected back by itself. Filtered
back projection is linear, so that the slice plus this image of noise is the slice at the lower dose: the anatomy is
never resampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

FloatArray = NDArray[np.float32]

WATER_PER_MM = 0.0195  # attenuation of water at 120 kVp, about 70 keV in the middle
BIN_MM = 0.6  # of the detector, seen at the axis of rotation
VIEWS = 480  # over half a turn
_COARSE = 4  # line integrals are taken of a grid so much coarser: they decide how much noise, not what is seen
_FINE = 4  # the filtered noise is laid on bins so much finer, of which the nearest is taken


@dataclass(frozen=True)
class Scanner:
    """How a slice is taken.

    Attributes
    ----------
    photons
        That leave the tube toward one detector bin in one view, at the full dose.
    electronic_variance
        Of the detector's own noise, in photons squared.
    cutoff_per_mm
        Where the Hann window over the ramp filter reaches zero, in line pairs a millimetre: 0.8 is near the soft
        kernels of the makers (their response falls to a half at 0.4). None leaves the ramp as it is.
    """

    photons: float = 2.0e6
    electronic_variance: float = 10.0
    cutoff_per_mm: float | None = 0.8


def dose_noise(
    lines: NDArray[np.float64],
    shape: tuple[int, int],
    spacing_mm: float,
    dose: float,
    scanner: Scanner,
    random: Generator,
) -> FloatArray:
    """Return what a lower dose adds to a slice.

    Parameters
    ----------
    lines
        The slice's line integrals, taken as free of noise.
    shape, spacing_mm
        Rows and columns of the slice, and the side of its square pixels.
    dose
        As a share of the full one: 0.25 is a quarter.

    Returns
    -------
    FloatArray
        (rows, columns) in Hounsfield units, of mean near zero.
    """
    photons = scanner.photons * dose
    arriving = photons * np.exp(-lines)
    counted = random.poisson(arriving) + random.normal(0.0, np.sqrt(scanner.electronic_variance), arriving.shape)
    noise = np.log(photons / np.maximum(counted, 1.0)) - lines
    image = _projected_back(_filtered(noise, scanner.cutoff_per_mm), shape, spacing_mm)
    return image * np.float32(1000.0 / WATER_PER_MM)


def line_integrals(hu: NDArray[Any], spacing_mm: float) -> NDArray[np.float64]:
    """Return the attenuation along each ray of parallel beams, (views, bins), for a slice (rows, columns) in HU."""
    coarse = np.clip(hu, -1000.0, 3071.0).astype(np.float32)
    coarse = (coarse.reshape(hu.shape[0] // _COARSE, _COARSE, -1, _COARSE).mean(axis=(1, 3)) + 1000.0) / 1000.0
    step_mm = spacing_mm * _COARSE
    bins_mm = _bins_mm(hu.shape, spacing_mm)
    rays_mm = bins_mm[::_COARSE]
    along_mm = np.arange(-bins_mm[-1], bins_mm[-1] + step_mm, step_mm)
    middle = (np.array(coarse.shape) - 1.0) / 2.0
    lines = np.empty((VIEWS, len(bins_mm)))
    for view, angle in enumerate(_angles()):
        x = rays_mm * np.cos(angle) - along_mm[:, None] * np.sin(angle)
        y = rays_mm * np.sin(angle) + along_mm[:, None] * np.cos(angle)
        where = np.stack([y / step_mm + middle[0], x / step_mm + middle[1]])
        rays = ndimage.map_coordinates(coarse, where, order=1, cval=0.0).sum(axis=0)
        lines[view] = np.interp(bins_mm, rays_mm, rays)
    return lines * step_mm * WATER_PER_MM


def _angles() -> NDArray[np.float64]:
    return np.arange(VIEWS, dtype=np.float64) * (np.pi / VIEWS)


def _bins_mm(shape: tuple[int, ...], spacing_mm: float) -> NDArray[np.float64]:
    """Return the places of the detector's bins: an odd number, that covers the corners of the slice."""
    half = int(np.ceil(np.hypot(shape[0], shape[1]) / 2.0 * spacing_mm / BIN_MM)) + 1
    return np.arange(-half, half + 1, dtype=np.float64) * BIN_MM


def _filtered(noise: NDArray[np.float64], cutoff_per_mm: float | None) -> FloatArray:
    """Return the projections after the ramp filter, on bins `_FINE` times finer."""
    bins = noise.shape[1]
    length = 1 << int(np.ceil(np.log2(2 * bins)))
    frequency = np.fft.rfftfreq(length, BIN_MM)
    response = frequency.copy()
    if cutoff_per_mm is not None:
        window = 0.5 * (1.0 + np.cos(np.pi * frequency / cutoff_per_mm))
        response *= np.where(frequency < cutoff_per_mm, window, 0.0)
    spectrum = np.fft.rfft(noise, length, axis=1) * response
    fine = np.fft.irfft(spectrum, length * _FINE, axis=1) * _FINE
    return fine[:, : (bins - 1) * _FINE + 1].astype(np.float32)


def _projected_back(fine: FloatArray, shape: tuple[int, ...], spacing_mm: float) -> FloatArray:
    """Return the slice of filtered projections, in attenuation a millimetre."""
    scale = spacing_mm / BIN_MM * _FINE
    rows = (np.arange(shape[0]) - (shape[0] - 1) / 2.0) * scale
    columns = (np.arange(shape[1]) - (shape[1] - 1) / 2.0) * scale
    middle = np.float32((fine.shape[1] - 1) / 2.0 + 0.5)
    image = np.zeros(shape, dtype=np.float32)
    for view, angle in enumerate(_angles()):
        down = (rows * np.sin(angle)).astype(np.float32) + middle
        across = (columns * np.cos(angle)).astype(np.float32)
        image += fine[view].take((down[:, None] + across).astype(np.int32))
    return image * np.float32(np.pi / VIEWS)
