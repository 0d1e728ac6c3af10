"""The letters of the patient's directions: L, R, A, P, H (head), F (feet)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))
_MINOR_COSINE = 0.1  # a direction within 6 degrees of an axis is called by that axis alone


def letters(direction: ArrayLike) -> str:
    """Return the letters of an LPS direction, the dominant one first (PS3.3 C.7.6.1.1.1).

    >>> letters((1, 0, 0)), letters((0, -0.9, 0.43))
    ('L', 'AH')
    """
    x, y, z = np.asarray(direction, dtype=np.float64).tolist()
    return _letters(x, y, z)


@lru_cache(maxsize=256)
def _letters(x: float, y: float, z: float) -> str:
    """Return the letters of a direction of any length; the same few are asked for in every frame."""
    length = math.sqrt(x * x + y * y + z * z)
    cosines = [along / length for along in (x, y, z)]
    order = sorted(range(3), key=lambda i: -abs(cosines[i]))
    return "".join(_LETTERS[i][int(cosines[i] > 0)] for i in order if abs(cosines[i]) > _MINOR_COSINE)
