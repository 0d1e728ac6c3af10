"""The values of a volume under each segment of a mask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.measure import in_reading_unit
from medview.imaging.padding import is_padding, padding_range
from medview.imaging.value_statistics import ValueStatistics
from medview.progress import Progress, unheard
from medview.study.volume import Volume


@dataclass(frozen=True)
class MaskStatistics:
    """What one segment holds.

    Attributes
    ----------
    voxels
        How many voxels it has, padding among them.
    ml
        Its volume, None where the size of a voxel is not known.
    values
        Of its voxels that are no padding, in `unit`; None where there are none, and of colours.
    """

    voxels: int
    ml: float | None
    values: ValueStatistics | None
    unit: str


def mask_statistics(
    labels: NDArray[Any], volume: Volume, numbers: Iterable[int], progress: Progress = unheard
) -> dict[int, MaskStatistics]:
    """Return the statistics of segments by their numbers.

    Parameters
    ----------
    labels
        (slices, rows, columns), on the grid of the volume.
    """
    if labels.shape != volume.geometry.shape:
        raise ValueError(f"labels {labels.shape} do not lie on the grid {volume.geometry.shape}")
    wanted = tuple(numbers)
    counts, parts = np.zeros(max(wanted, default=0) + 1, np.int64), defaultdict[int, list[NDArray[Any]]](list)
    for place, picture in enumerate(labels):
        progress(place / len(labels))
        counts += np.bincount(picture.ravel(), minlength=counts.size)[: counts.size]
        if not volume.is_colour:
            for number, values in _by_label(picture, volume.array[place], volume, place):
                parts[number].append(values)
    return {number: _of(number, int(counts[number]), parts.pop(number, []), volume) for number in wanted}


def _by_label(
    picture: NDArray[Any], values: NDArray[Any], volume: Volume, place: int
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the values of each label of a slice, without padding."""
    here = np.flatnonzero(picture)
    found, values = picture.ravel()[here], values.ravel()[here]
    known = np.isfinite(values) & ~is_padding(values, padding_range(volume.series, place))
    found, values = found[known], values[known]
    order = np.argsort(found, kind="stable")
    numbers, starts = np.unique(found[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(values[order], starts[1:]), strict=False)


def _of(number: int, count: int, parts: list[NDArray[Any]], volume: Volume) -> MaskStatistics:
    voxel_ml = volume.geometry.voxel_ml
    values, unit = in_reading_unit(np.concatenate(parts) if parts else np.zeros(0), volume)
    return MaskStatistics(count, None if voxel_ml is None else count * voxel_ml, ValueStatistics.of(values), unit)
