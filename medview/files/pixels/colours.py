"""Stored colours turned into red, green and blue of 8 bits (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError

# red, green, blue from luminance and the two colour differences less their middle, ITU-R BT.601
_FULL = np.array([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]], np.float32)
_PARTIAL = np.array(
    [[1.164384, 0.0, 1.596027], [1.164384, -0.391762, -0.812968], [1.164384, 2.017232, 0.0]], np.float32
)


def to_rgb(values: NDArray[Any], photometric_interpretation: str, bits: int) -> NDArray[np.uint8]:
    """Return uint8 (rows, columns, 3) of stored values (rows, columns, 3).

    Parameters
    ----------
    bits
        How many low bits of a value are stored; of more than 8, the highest 8 are kept.

    Raises
    ------
    MedViewError
        The kind of colour is not known.
    """
    if values.ndim != 3 or values.shape[2] != 3:
        raise MedViewError("The pixels are of an unknown kind: {kind}.", kind=photometric_interpretation)
    eight = (values >> (bits - 8) if bits > 8 else values).astype(np.uint8, copy=False)
    if photometric_interpretation.startswith("YBR_PARTIAL"):
        return _mixed(eight, _PARTIAL, 16)
    if photometric_interpretation.startswith("YBR_FULL"):
        return _mixed(eight, _FULL, 0)
    if photometric_interpretation in ("RGB", "YBR_ICT", "YBR_RCT"):
        return eight
    raise MedViewError("The pixels are of an unknown kind: {kind}.", kind=photometric_interpretation)


def _mixed(values: NDArray[np.uint8], matrix: NDArray[np.float32], black: int) -> NDArray[np.uint8]:
    centred = values.astype(np.float32) - np.array([black, 128, 128], np.float32)
    mixed: NDArray[np.uint8] = np.clip(np.rint(centred @ matrix.T), 0, 255).astype(np.uint8)
    return mixed
