"""In what two volumes are compared: their common unit, SUV, or what their windows make of the values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.session.scene import Scene
from medview.study.fusion import Fusion


def common_unit(scene: Scene, fusion: Fusion) -> str:
    """Return the unit in which both have values: "HU", "SUVbw" or another one; "" where there is none."""
    suv = dict(scene.series.suv_factors).get("bw")
    if suv is not None and fusion.suv_factor is not None:
        return "SUVbw"
    unit = scene.volume.unit
    return unit if unit == fusion.volume.unit else ""


def compared(
    scene: Scene, fusion: Fusion, first: NDArray[Any], second: NDArray[Any]
) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Return the values of both so that one can be taken from the other, and the width of the window for that.

    Without a common unit these are 0 at the low end of each one's own window and 1 at its high end, and the width is 2:
    from -1 to 1.
    """
    one, other = first.astype(np.float32), second.astype(np.float32)
    unit = common_unit(scene, fusion)
    if unit == "SUVbw":
        factors = dict(scene.series.suv_factors)["bw"], fusion.suv_factor or 1.0
        return one * np.float32(factors[0]), other * np.float32(factors[1]), fusion.difference_width
    if unit:
        return one, other, fusion.difference_width
    return _part(one, scene.window), _part(other, fusion.window), 2.0


def _part(values: NDArray[np.float32], window: tuple[float, float]) -> NDArray[np.float32]:
    centre, width = window
    part = (values - np.float32(centre)) / np.float32(max(width, 1e-9)) + np.float32(0.5)
    clipped: NDArray[np.float32] = np.clip(part, np.float32(0.0), np.float32(1.0))
    return clipped
