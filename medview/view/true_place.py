"""Where a pixel lies in the patient, also in a stack whose slices are not evenly spaced."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import FloatArray
from medview.study.volume import Volume


def true_place(volume: Volume, point_mm: NDArray[np.float64]) -> FloatArray | None:
    """Return the LPS point, in mm, of what is drawn at a point of the volume's grid; None where it is not known.

    A grid without depth places its slices for the screen alone: there each image's own Image Position (Patient) tells.
    """
    geometry = volume.geometry
    if not (geometry.has_spacing and geometry.has_orientation):
        return None
    if geometry.has_depth or geometry.shape[0] == 1:
        return point_mm
    slice_, row, column = (float(n) for n in geometry.to_index(point_mm))
    number = min(max(round(slice_), 0), geometry.shape[0] - 1)
    instances = volume.series.instances
    start = instances[number].image_position_patient if number < len(instances) else None
    if start is None:
        return None
    place: FloatArray = np.array(start) + geometry.affine[:3, 1] * row + geometry.affine[:3, 2] * column
    return place
