"""A place in the patient as it is read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medview.session.scene import Scene
from medview.view.true_place import true_place


def position_text(scene: Scene, point_mm: NDArray[np.float64]) -> str:
    """Return a point in patient letters and mm ("L 12.3  P 4.5  H 100.0 mm"), or its voxel where those are unknown."""
    place = true_place(scene.volume, point_mm)
    if place is None:
        slice_, row, column = (int(n) + 1 for n in np.rint(scene.volume.geometry.to_index(point_mm)))
        return f"({column}, {row}, {slice_})"
    pairs = zip(("RL", "AP", "FH"), place, strict=True)
    return "  ".join(f"{letters[int(mm >= 0)]} {abs(mm):.1f}" for letters, mm in pairs) + " mm"
