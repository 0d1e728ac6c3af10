"""The letters of the patient's directions: L, R, A, P, H (head), F (feet)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))
_MINOR_COSINE = 0.1  # a direction within 6 degrees of an axis is called by that axis alone


def letters(direction: ArrayLike) -> str:
    """Return the letters of an LPS direction, the dominant one first (PS3.3 C.7.6.1.1.1).

    >>> letters((1, 0, 0)), letters((0, -0.9, 0.43))
    ('L', 'AH')
    """
    vector = np.asarray(direction, dtype=np.float64)
    vector = vector / np.linalg.norm(vector)
    order = np.argsort(-np.abs(vector), kind="stable")
    return "".join(_LETTERS[i][int(vector[i] > 0)] for i in order if abs(vector[i]) > _MINOR_COSINE)
