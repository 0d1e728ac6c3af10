"""How far two answers say the same of one patient, whatever grids they lie on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import fill
from medview.imaging.resample import resample
from medview.plugin.contract import Answer, Labels, Result
from medview.study.finding import Boxes, ClassScores, Curve, DerivedImage, HeatMap, MeasuredValue
from medview.study.geometry import Geometry
from medview.study.spatial_transform import SpatialTransform

_NEAR_MM = 12.0  # boxes whose middles are nearer than this, or than half their size, are one
_FAR_MM = 20.0  # transforms that bring a point so far apart have nothing in common
_STRICT = 4.0  # images that differ by a quarter of their range, on average, have nothing in common


@dataclass(frozen=True)
class Agreement:
    """From 0, nothing in common, to 1, the same; `said` tells of what it was measured."""

    share: float
    said: str

    @classmethod
    def of(cls, first: Result, second: Result, slack: int = 0) -> Agreement:
        """Return how far the second result says what the first does, in patient space: the worst of its answers.

        Parameters
        ----------
        slack
            Voxels by which a border of labels may lie elsewhere: other voxels of one patient cut thin structures
            another way.
        """
        pairs = list(zip(first.answers, second.answers, strict=False))
        if [type(a) for a in first.answers] != [type(b) for b in second.answers]:
            return cls(0.0, "other kinds of answers")
        if slack:  # where a model looked most may be another slice of other voxels
            pairs = [pair for pair in pairs if not isinstance(pair[0], HeatMap)] or pairs
        found = [_of_answers(a, b, (first.geometry, second.geometry), slack) for a, b in pairs]
        return min(found, key=lambda agreement: agreement.share)


def _of_answers(first: Answer, second: Any, grids: tuple[Geometry, Geometry], slack: int) -> Agreement:
    here, there = grids
    if isinstance(first, Labels):
        share = _dice(first.array, resample(second.array, there, here, "nearest"), _covered(there, here), slack)
        return Agreement(share, f"Dice {share:.3f}")
    if isinstance(first, DerivedImage | HeatMap):
        share = _likeness(first.array, resample(second.array, there, here), _covered(there, here))
        return Agreement(share, f"values alike by {share:.3f}")
    if isinstance(first, Boxes):
        share, count = _met(first, here, second, there)
        told = fill("{count} {count:box is|boxes are} the same", {"count": count})
        return Agreement(share, f"{share:.0%} of {told}" if count else "no box in either")
    if isinstance(first, ClassScores):
        share = 1.0 - min(_scores_apart(first, second), 1.0)
        return Agreement(share, f"scores apart by {1 - share:.3f}")
    if isinstance(first, MeasuredValue):
        share = 1.0 - min(abs(first.value - second.value) / max(abs(first.value), 1e-9), 1.0)
        return Agreement(share, f"{first.value:g} and {second.value:g}")
    if isinstance(first, Curve):
        share = float(first.values.shape == second.values.shape and np.allclose(first.values, second.values, rtol=0.05))
        return Agreement(share, "curves")
    apart = far_apart_mm(first, second, here)
    return Agreement(1.0 - min(apart / _FAR_MM, 1.0), f"points at most {apart:.1f} mm apart")


def far_apart_mm(first: SpatialTransform, second: SpatialTransform, where: Geometry) -> float:
    """Return how far apart two transforms bring a point of a grid, where they differ most."""
    sides = [np.linspace(0.0, n - 1.0, 5) for n in where.shape]
    points = where.to_mm(np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 3))
    return float(np.linalg.norm(first.to_other(points) - second.to_other(points), axis=-1).max())


def _covered(there: Geometry, here: Geometry) -> NDArray[np.bool_]:
    """Return which voxels of a grid the other one covers, but for the half voxel at its edge."""
    covered: NDArray[np.bool_] = resample(np.ones(there.shape, dtype=np.uint8), there, here, "nearest") > 0
    return covered


def _dice(first: NDArray[Any], second: NDArray[Any], where: NDArray[np.bool_], slack: int) -> float:
    """Return the share of labelled voxels that have the same label in the other, as Dice counts."""
    a, b = first * where, second * where
    total = int((a > 0).sum() + (b > 0).sum())
    labels = [int(label) for label in np.union1d(a, b) if label]
    met = sum(_met_voxels(a == label, b == label, slack) for label in labels)
    return met / total if total else 1.0


def _met_voxels(a: NDArray[np.bool_], b: NDArray[np.bool_], slack: int) -> int:
    """Return how many voxels of both masks are in the other, or within `slack` voxels of it."""
    from scipy import ndimage

    grown_a, grown_b = ((ndimage.maximum_filter(mask, size=2 * slack + 1) if slack else mask) for mask in (a, b))
    return int((a & grown_b).sum() + (b & grown_a).sum())


def _likeness(first: NDArray[Any], second: NDArray[Any], where: NDArray[np.bool_]) -> float:
    if not where.any():
        return 1.0
    a, b = first[where].astype(np.float64), second[where].astype(np.float64)
    low, high = np.percentile(a, (1, 99))
    return max(0.0, 1.0 - _STRICT * float(np.abs(a - b).mean()) / max(float(high - low), 1e-6))


def _met(first: Boxes, here: Geometry, second: Boxes, there: Geometry) -> tuple[float, int]:
    """Return the share of shown boxes, of both answers, that have one of the other nearby, and how many there are."""
    places = [
        [(box.concept.id, box.centre_mm(grid), max(_NEAR_MM, max(box.size_mm(grid)) / 2.0)) for box in boxes.boxes
         if box.score >= boxes.threshold]
        for boxes, grid in ((first, here), (second, there))
    ]  # fmt: skip
    met = [
        any(name == other and np.linalg.norm(place - where) <= near for other, where, _ in others)
        for own, others in (places, places[::-1])
        for name, place, near in own
    ]
    return (sum(met) / len(met) if met else 1.0), len(met)


def _scores_apart(first: ClassScores, second: ClassScores) -> float:
    if first.scores.shape != second.scores.shape:
        return 1.0
    apart = float(np.abs(first.scores - second.scores).max())
    return apart / max(1.0, float(np.abs(first.scores).max())) if first.kind == "logit" else apart
