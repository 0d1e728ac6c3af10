"""The values' way into a network: the steps of a manifest, their statistics taken of the whole image once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from medview.plugin.manifest.input_record import IntensityStep
from medview.study.geometry import FloatArray

Padding = tuple[float, float]
_MOST_APART = 1 << 20  # whole numbers are counted in a table from the least to the largest


@dataclass(frozen=True)
class _Clip:
    """Values held between two others."""

    low: float
    high: float
    nonzero: bool

    def table(self, values: FloatArray) -> FloatArray:
        return np.where(_kept(values, self.nonzero), values, np.clip(values, self.low, self.high))

    def apply(self, values: Tensor) -> None:
        kept = values == 0 if self.nonzero else None
        values.clamp_(self.low, self.high)
        if kept is not None:
            values.masked_fill_(kept, 0.0)


@dataclass(frozen=True)
class _Line:
    """``(value - before) * factor + after``."""

    before: float
    factor: float
    after: float
    nonzero: bool

    def table(self, values: FloatArray) -> FloatArray:
        return np.where(_kept(values, self.nonzero), values, (values - self.before) * self.factor + self.after)

    def apply(self, values: Tensor) -> None:
        kept = values == 0 if self.nonzero else None
        values.sub_(self.before).mul_(self.factor).add_(self.after)
        if kept is not None:
            values.masked_fill_(kept, 0.0)


@dataclass(frozen=True)
class Intensity:
    """The steps with their numbers filled in.

    Attributes
    ----------
    padding
        Range of values that mean no image; they are set to `smallest`, the least value that does, before all steps.
    """

    steps: tuple[_Clip | _Line, ...] = ()
    padding: Padding | None = None
    smallest: float = 0.0

    def apply(self, values: Tensor) -> Tensor:
        """Return float32 values of the image as the network wants them; they are changed in place."""
        if self.padding is not None:
            values.masked_fill_((values >= self.padding[0]) & (values <= self.padding[1]), self.smallest)
        for step in self.steps:
            step.apply(values)
        return values

    def undone(self, values: Tensor) -> Tensor:
        """Return values that are as the network wants them in those of the image; what was clipped stays clipped."""
        for step in reversed(self.steps):
            if isinstance(step, _Line) and step.factor:
                values = (values - step.after) / step.factor + step.before
        return values


def measured(steps: Sequence[IntensityStep], array: NDArray[Any], padding: Padding | None = None) -> Intensity:
    """Return a manifest's steps with what they need to know of an image.

    Means, standard deviations (divided by the number of voxels), percentiles (linear between values, as numpy's) and
    ranges are those of the values after the steps before, so that they do not depend on how the image is cut into
    tiles. Whole numbers are counted once, by value, and the steps work on the table.

    Parameters
    ----------
    array
        (slices, rows, columns), the whole image.
    padding
        Values that mean no image (`medview.imaging.padding`): no part of any statistic.
    """
    values, counts = _table(array) if any(_asks(step) for step in steps) or padding else (np.zeros(1), np.ones(1))
    smallest = 0.0
    if padding is not None:
        shown = (values < padding[0]) | (values > padding[1])
        values, counts = (values[shown], counts[shown]) if shown.any() else (np.zeros(1), np.ones(1))
        smallest = float(values.min())
    found: list[_Clip | _Line] = []
    for step in steps:
        found.append(_filled(step, values, counts))
        values = found[-1].table(values)
    return Intensity(tuple(found), padding, smallest)


def _asks(step: IntensityStep) -> bool:
    """Whether a step needs to know the image."""
    own_range = step.op == "minmax" and step.source_range is None
    return step.op == "clip_percentile" or own_range or (step.op == "zscore" and step.mean is None)


def _table(array: NDArray[Any]) -> tuple[FloatArray, FloatArray]:
    """Return the values that occur and how often; of real numbers, and whole ones far apart, each voxel by itself."""
    is_whole = array.dtype.kind in "iub"
    least, most = (int(array.min()), int(array.max())) if is_whole else (0, 0)
    if not is_whole or most - least > _MOST_APART:
        return array.astype(np.float64).ravel(), np.ones(array.size)
    counts = np.zeros(most - least + 1)
    for plane in array:  # one at a time: numpy widens what it counts to 64 bits
        counts += np.bincount(plane.ravel().astype(np.int64) - least, minlength=len(counts))
    there = counts > 0
    return np.arange(least, most + 1, dtype=np.float64)[there], counts[there]


def _filled(step: IntensityStep, values: FloatArray, counts: FloatArray) -> _Clip | _Line:
    """Return a step with its numbers; of an image of one value only the value is moved, as nothing can be divided."""
    chosen = values != 0 if step.nonzero and (values != 0).any() else np.ones(values.shape, dtype=np.bool_)
    values, counts = values[chosen], counts[chosen]
    low, high = step.low or 0.0, step.high or 0.0
    if step.op == "clip":
        return _Clip(low, high, step.nonzero)
    if step.op == "clip_percentile":
        return _Clip(_percentile(values, counts, low), _percentile(values, counts, high), step.nonzero)
    if step.op == "zscore":
        mean, deviation = (step.mean, step.std) if step.mean is not None else _mean_and_deviation(values, counts)
        return _Line(float(mean), 1.0 / (deviation or 1.0), 0.0, step.nonzero)
    if step.op == "minmax":
        least, most = step.source_range or (float(values.min()), float(values.max()))
        return _Line(least, (high - low) / (most - least) if most > least else 0.0, low, step.nonzero)
    factor = step.factor or 0.0
    return _Line(0.0, factor, 0.0, step.nonzero) if step.op == "scale" else _Line(0.0, 1.0, factor, step.nonzero)


def _mean_and_deviation(values: FloatArray, counts: FloatArray) -> tuple[float, float]:
    mean = float(np.average(values, weights=counts))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=counts)))


def _percentile(values: FloatArray, counts: FloatArray, percent: float) -> float:
    """Return numpy's linear percentile of values that occur `counts` times."""
    order = np.argsort(values)
    ends = np.cumsum(counts[order])
    place = percent / 100.0 * (ends[-1] - 1)
    below, above = (
        values[order][np.searchsorted(ends, index, side="right")] for index in (np.floor(place), np.ceil(place))
    )
    return float(below + (above - below) * (place - np.floor(place)))


def _kept(values: FloatArray, nonzero: bool) -> NDArray[np.bool_] | bool:
    return values == 0 if nonzero else False
