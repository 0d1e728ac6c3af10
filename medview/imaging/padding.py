"""Pixels that are no part of the image: Pixel Padding Value and Pixel Padding Range Limit (PS3.3 C.7.5.1.1.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.series import Series

Range = tuple[float, float]


def padding_range(series: Series, slice_index: int | None = None) -> Range | None:
    """Return the smallest and largest modality value that means no image; None where there is none.

    Parameters
    ----------
    slice_index
        Of one image; None for all of them, which have none in common where they are scaled in different ways.
    """
    if slice_index is not None:
        return _of(series, slice_index) if 0 <= slice_index < len(series.instances) else None
    found = {_of(series, number) for number in {0, len(series.instances) // 2, len(series.instances) - 1}}
    return found.pop() if len(found) == 1 else None


def is_padding(values: NDArray[Any], padding: Range | None) -> NDArray[np.bool_]:
    """Return which values mean no image, as a mask of the same shape.

    >>> is_padding(np.array([-2000, -1000, 40]), (-2000.0, -2000.0)).tolist()
    [True, False, False]
    """
    if padding is None:
        return np.zeros(values.shape, dtype=np.bool_)
    mask: NDArray[np.bool_] = (values >= padding[0]) & (values <= padding[1])
    return mask


def without_padding(values: NDArray[Any], padding: Range | None) -> NDArray[Any]:
    """Return the values that belong to the image, flat; all of them where none would be left."""
    if padding is None:
        return values.ravel()
    kept = values[~is_padding(values, padding)]
    return kept if kept.size else values.ravel()


def _of(series: Series, slice_index: int) -> Range | None:
    """Return the range of one image; None where a table has taken the place of its stored values."""
    if not -len(series.instances) <= slice_index < len(series.instances):
        return None
    instance = series.instances[slice_index]
    stored = instance.display.padding
    if stored is None or instance.has_modality_lut:
        return None
    # in the precision of the volume, whose values are float32 where the slope is not 1
    ends = [float(np.float32(value * instance.rescale_slope + instance.rescale_intercept)) for value in stored]
    return min(ends), max(ends)
