"""Counts, volumes, centres and agreement of labelled voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import Geometry


@dataclass(frozen=True)
class SegmentStatistics:
    """What one segment measures.

    Attributes
    ----------
    ml
        None where the size of a voxel is not known.
    centroid_mm
        Mean LPS position of its voxels; None where it has none, or the grid does not tell where they lie: no spacing,
        no orientation, or slices that are not at even distances.
    """

    number: int
    voxels: int
    ml: float | None
    centroid_mm: tuple[float, float, float] | None


def segment_statistics(
    labels: NDArray[Any], geometry: Geometry, numbers: tuple[int, ...]
) -> tuple[SegmentStatistics, ...]:
    """Return the statistics of segments, in the order of `numbers`.

    Examples
    --------
    >>> geometry = Geometry.from_axes((1, 2, 2), origin=(0, 0, 0), slice_step=(0, 0, 10), row_step=(0, 10, 0),
    ...                               column_step=(10, 0, 0))
    >>> (found,) = segment_statistics(np.array([[[0, 1], [0, 1]]], dtype=np.uint8), geometry, (1,))
    >>> found.voxels, round(found.ml, 6), found.centroid_mm
    (2, 2.0, (10.0, 5.0, 0.0))
    """
    counts, sums = _sums(labels, max(numbers, default=0) + 1)
    found = []
    for number in numbers:
        voxels = int(counts[number])
        known, voxel_ml = geometry.is_placed, geometry.voxel_ml
        x, y, z = geometry.to_mm(sums[number] / max(voxels, 1)).tolist()
        found.append(
            SegmentStatistics(
                number, voxels, None if voxel_ml is None else voxels * voxel_ml, (x, y, z) if voxels and known else None
            )
        )
    return tuple(found)


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the Dice coefficient of two masks: 1 is the same, 0 nothing in common; 1 where both are empty.

    >>> dice(np.array([True, True, False]), np.array([True, False, False]))
    0.6666666666666666
    """
    if one.shape != other.shape:
        raise ValueError(f"masks of shapes {one.shape} and {other.shape} cannot be compared")
    total = int(np.count_nonzero(one)) + int(np.count_nonzero(other))
    return 2.0 * int(np.count_nonzero(one & other)) / total if total else 1.0


def _sums(labels: NDArray[Any], size: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the number of voxels and the sum of indices (slice, row, column) of each label, slice by slice."""
    counts, sums = np.zeros(size, dtype=np.int64), np.zeros((size, 3))
    _, rows, columns = labels.shape
    row_index = np.repeat(np.arange(rows, dtype=np.float64), columns)
    column_index = np.tile(np.arange(columns, dtype=np.float64), rows)
    for number, picture in enumerate(labels):
        flat = picture.ravel()
        here = np.flatnonzero(flat)
        flat = flat[here]
        counted = np.bincount(flat, minlength=size)[:size]
        counts += counted
        sums[:, 0] += number * counted
        sums[:, 1] += np.bincount(flat, row_index[here], minlength=size)[:size]
        sums[:, 2] += np.bincount(flat, column_index[here], minlength=size)[:size]
    return counts, sums
