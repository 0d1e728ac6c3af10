"""Uncompressed frames: how many bytes one takes, and its stored values (PS3.5 8.1, PS3.3 C.7.6.3.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.study.series import StoredPixels

_HALF_COLOURS = ("YBR_FULL_422", "YBR_PARTIAL_422")  # two pixels share their colour differences: Y Y Cb Cr


def frame_bits(pixels: StoredPixels, photometric_interpretation: str = "") -> int:
    """Return the number of bits that an uncompressed frame takes."""
    samples = 2 if photometric_interpretation in _HALF_COLOURS else pixels.samples_per_pixel
    return pixels.rows * pixels.columns * samples * pixels.bits_allocated


def native_type(pixels: StoredPixels, order: str = "<") -> np.dtype[Any]:
    """Return the type of a stored value; of single bits that of the byte they become."""
    if pixels.bits_allocated not in (1, 8, 16, 32, 64):
        raise MedViewError("{bits} bits per pixel cannot be read.", bits=pixels.bits_allocated)
    return np.dtype(f"{order}{'f' if pixels.is_float else 'u'}{max(1, pixels.bits_allocated // 8)}")


def native_values(
    data: bytes, pixels: StoredPixels, photometric_interpretation: str = "", order: str = "<", first_bit: int = 0
) -> NDArray[Any]:
    """Return the stored values (rows, columns), of colours (rows, columns, 3), without sign.

    Parameters
    ----------
    first_bit
        Which bit of the first byte begins the frame: only frames of single bits begin within a byte.

    Raises
    ------
    MedViewError
        The data is too short.
    """
    bits = frame_bits(pixels, photometric_interpretation)
    if 8 * len(data) < first_bit + bits:
        raise MedViewError("The pixel data is cut short.", "Copy the images again from their source.")
    if pixels.bits_allocated == 1:
        values = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[first_bit : first_bit + bits]
    else:
        dtype = native_type(pixels, order)
        values = np.frombuffer(data, dtype, bits // (8 * dtype.itemsize)).astype(dtype.newbyteorder("="), copy=False)
    if photometric_interpretation in _HALF_COLOURS:
        return _whole_colours(values, pixels)
    return pixel_order(values, pixels)


def pixel_order(values: NDArray[Any], pixels: StoredPixels) -> NDArray[Any]:
    """Return flat values in the shape of their picture, the samples of a pixel beside one another."""
    if pixels.samples_per_pixel == 1:
        return values.reshape(pixels.rows, pixels.columns)
    if pixels.planar_configuration:
        return np.moveaxis(values.reshape(pixels.samples_per_pixel, pixels.rows, pixels.columns), 0, -1)
    return values.reshape(pixels.rows, pixels.columns, pixels.samples_per_pixel)


def _whole_colours(values: NDArray[Any], pixels: StoredPixels) -> NDArray[Any]:
    """Give each of two neighbours the colour differences that they share."""
    if pixels.columns % 2:
        raise MedViewError("Colours are shared by two pixels, but the rows are of odd length.")
    pairs = values.reshape(pixels.rows, pixels.columns // 2, 4)
    whole = np.empty((pixels.rows, pixels.columns // 2, 2, 3), values.dtype)
    whole[..., 0] = pairs[..., :2]
    whole[..., 1:] = pairs[..., None, 2:]
    return whole.reshape(pixels.rows, pixels.columns, 3)
