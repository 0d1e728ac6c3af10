"""Lays one CT on another by the middles of both bodies."""

import numpy as np

from medview.plugin import MedViewError, SpatialTransform


def run(request, context):
    """Return where points of the first images lie in the second ones, in patient millimetres (LPS)."""
    with context.stage("middles"):
        first = middle_mm(request.volume, request.parameters["level"], context, 0.0)
        second = middle_mm(request.others["moving"], request.parameters["level"], context, 0.5)
    matrix = np.eye(4)
    matrix[:3, 3] = second - first
    return SpatialTransform.of_matrix(matrix)


def middle_mm(volume, level, context, begun):
    """Return the middle of what is brighter than a level."""
    total, count = np.zeros(3), 0
    for number, image in enumerate(volume.array):
        # shows how far it is, and ends the run here where the person has stopped it
        context.progress(begun + 0.5 * number / len(volume.array), "Looking for the body")
        rows, columns = np.nonzero(image > level)
        total += (number * len(rows), rows.sum(), columns.sum())
        count += len(rows)
    if not count:
        raise MedViewError("These images show no body.", "Choose a lower level, or another series.")
    return volume.geometry.to_mm(total / count)  # slices may lie in any direction: only millimetres can be compared
