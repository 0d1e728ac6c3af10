"""How far two label maps agree, and images in the unit that a model asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import Geometry
from medview.study.volume import Volume
from tests.plugin.folders import volume_of


def images(array: NDArray[Any], geometry: Geometry, modality: str) -> Volume:
    """Return a series of a modality, in HU where it is CT."""
    volume = volume_of(array, geometry, modality)
    return replace(volume, unit="HU") if modality == "CT" else volume


def dice(given: NDArray, truth: NDArray) -> list[float]:
    """Return the Dice coefficient of every label of `truth`, the background among them."""
    return [
        2.0 * float(np.sum((given == n) & (truth == n))) / float(np.sum(given == n) + np.sum(truth == n))
        for n in np.unique(truth)
    ]
