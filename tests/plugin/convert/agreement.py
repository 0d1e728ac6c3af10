"""How far two label maps agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def dice(given: NDArray, truth: NDArray) -> list[float]:
    """Return the Dice coefficient of every label of `truth`, the background among them."""
    return [
        2.0 * float(np.sum((given == n) & (truth == n))) / float(np.sum(given == n) + np.sum(truth == n))
        for n in np.unique(truth)
    ]
