"""How near an image is to the one it should be, in the window that a radiologist reads an abdomen in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

WINDOW_HU = (-160.0, 240.0)


def windowed(hu: NDArray[Any]) -> NDArray[np.float64]:
    """Return values within the abdomen window, 0 to 1."""
    low, high = WINDOW_HU
    return (np.clip(hu.astype(np.float64), low, high) - low) / (high - low)


def psnr(hu: NDArray[Any], truth: NDArray[Any]) -> float:
    """Return the peak signal-to-noise ratio in dB within the window, whose width is the peak."""
    return float(-10.0 * np.log10(np.mean((windowed(hu) - windowed(truth)) ** 2)))


def ssim(hu: NDArray[Any], truth: NDArray[Any]) -> float:
    """Return the structural similarity (Wang 2004: Gaussian weights of 1.5 pixels) within the window."""
    index = structural_similarity(  # type: ignore[no-untyped-call]
        windowed(hu), windowed(truth), data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    return float(index)
