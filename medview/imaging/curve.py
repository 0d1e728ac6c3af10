"""A smooth line through points in the patient, measured along its length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medview.study.geometry import FloatArray

_PER_STEP = 4  # points of the polyline that lengths are taken from, in each step
_SAME_MM = 1e-6  # points nearer to each other are one
_MOST = 20_000  # samples: of a line a metre long at a twentieth of a millimetre


@dataclass(frozen=True, eq=False)
class Curve:
    """Samples of a line at even distances along it.

    Attributes
    ----------
    points_mm
        (n, 3) LPS, n at least 2; the first and last are the ends of the line.
    tangents
        (n, 3) unit vectors along the line.
    step_mm
        Length of the line from one sample to the next.
    knots_mm
        (k,) how far along the line the given points lie.
    """

    points_mm: FloatArray
    tangents: FloatArray
    step_mm: float
    knots_mm: FloatArray

    @classmethod
    def through(cls, points_mm: ArrayLike, step_mm: float) -> Curve:
        """Return the centripetal Catmull-Rom spline through points, sampled about every `step_mm`.

        It goes through every point, and makes neither loops nor cusps between them (Yuksel, Schaefer and Keyser,
        "Parameterization and applications of Catmull-Rom curves", Computer-Aided Design 43, 2011). Two points are
        joined by a straight line; points that coincide with the one before count once.

        Raises
        ------
        ValueError
            Fewer than two different points.
        """
        given = _distinct(np.asarray(points_mm, dtype=np.float64))
        if len(given) < 2:
            raise ValueError("a line needs two points at different places")
        per_span = _spans(given, step_mm)
        fine = np.concatenate([_span(given, i, n) for i, n in enumerate(per_span)] + [given[-1:]])
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
        count = int(min(max(round(along[-1] / step_mm), 1), _MOST)) + 1
        even = np.linspace(0.0, along[-1], count)
        points = np.stack([np.interp(even, along, fine[:, k]) for k in range(3)], axis=1)
        points[-1] = given[-1]
        step = float(along[-1]) / (count - 1)
        return cls(points, _tangents(points), step, along[np.concatenate([[0], np.cumsum(per_span)])])

    @property
    def length_mm(self) -> float:
        """Length of the line."""
        return self.step_mm * (len(self.points_mm) - 1)

    @property
    def arcs_mm(self) -> FloatArray:
        """(n,) how far along the line each sample lies."""
        arcs: FloatArray = np.arange(len(self.points_mm), dtype=np.float64) * self.step_mm
        return arcs

    def at(self, arc_mm: float) -> FloatArray:
        """Return the LPS point at a distance along the line; beyond its ends, the end."""
        return np.array([np.interp(arc_mm, self.arcs_mm, self.points_mm[:, k]) for k in range(3)])

    def nearest(self, point_mm: ArrayLike) -> float:
        """Return how far along the line its nearest point to an LPS point lies, in mm."""
        point = np.asarray(point_mm, dtype=np.float64)
        starts, ways = self.points_mm[:-1], np.diff(self.points_mm, axis=0)
        part = np.clip(((point - starts) * ways).sum(axis=1) / np.maximum((ways**2).sum(axis=1), 1e-30), 0.0, 1.0)
        away = np.linalg.norm(starts + part[:, None] * ways - point, axis=1)
        best = int(away.argmin())
        return float((best + part[best]) * self.step_mm)


def _distinct(points: FloatArray) -> FloatArray:
    """Return the points without those that lie on the one before."""
    apart = np.linalg.norm(np.diff(points, axis=0), axis=1) > _SAME_MM
    distinct: FloatArray = points[np.concatenate([[True], apart])]
    return distinct


def _spans(given: FloatArray, step_mm: float) -> NDArray[np.int64]:
    """Return of how many pieces each span between two points is made."""
    chords = np.linalg.norm(np.diff(given, axis=0), axis=1)
    least = max(step_mm, float(chords.sum()) / _MOST)
    counts: NDArray[np.int64] = np.maximum(np.ceil(_PER_STEP * chords / least), 16).astype(np.int64)
    return counts


def _span(given: FloatArray, first: int, count: int) -> FloatArray:
    """Return points of the span that begins at a point, without its end (Barry and Goldman's pyramid)."""
    ends = (2 * given[0] - given[1], 2 * given[-1] - given[-2])
    p = np.concatenate([ends[0][None], given, ends[1][None]])[first : first + 4]
    knots = np.concatenate([[0.0], np.cumsum(np.sqrt(np.linalg.norm(np.diff(p, axis=0), axis=1)))])
    t = np.linspace(knots[1], knots[2], count, endpoint=False)[:, None]

    def mix(a: FloatArray, b: FloatArray, low: int, high: int) -> FloatArray:
        part: FloatArray = ((knots[high] - t) * a + (t - knots[low]) * b) / (knots[high] - knots[low])
        return part

    a1, a2, a3 = (mix(p[i], p[i + 1], i, i + 1) for i in range(3))
    return mix(mix(a1, a2, 0, 2), mix(a2, a3, 1, 3), 1, 2)


def _tangents(points: FloatArray) -> FloatArray:
    ways: FloatArray = np.gradient(points, axis=0, edge_order=2 if len(points) > 2 else 1)
    tangents: FloatArray = ways / np.linalg.norm(ways, axis=1, keepdims=True)
    return tangents
