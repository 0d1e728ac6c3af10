"""Turn an array so that its axes run along given directions of the patient, without resampling."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import FloatArray, Geometry

_DIRECTIONS = {
    "L": (1, 0, 0),
    "R": (-1, 0, 0),
    "P": (0, 1, 0),
    "A": (0, -1, 0),
    "S": (0, 0, 1),
    "I": (0, 0, -1),
}


def direction(letter: str) -> FloatArray:
    """Return the unit LPS vector towards L, R, P, A, S or I."""
    return np.array(_DIRECTIONS[letter], dtype=np.float64)


@dataclass(frozen=True)
class Reorientation:
    """Which axes of an array are exchanged and which run backwards.

    Attributes
    ----------
    axes
        For each axis of the turned array, the axis of the original.
    flipped
        For each axis of the turned array, whether its index runs backwards.

    Examples
    --------
    >>> geometry = Geometry((20, 30, 40), np.eye(4)[[2, 1, 0, 3]])  # axial slices, rows to P, columns to L
    >>> turn = Reorientation.to(geometry, "RAS")
    >>> turn.axes, turn.flipped
    ((2, 1, 0), (True, True, False))
    """

    axes: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]

    @classmethod
    def to(cls, geometry: Geometry, letters: str) -> Reorientation:
        """Return the turn after which the three axes run nearest to `letters`, each one of L R P A S I.

        "RAS" makes index 0 grow to the right, index 1 to the front and index 2 to the head, as NIfTI's canonical form
        does; "LIA" is the order of conformed FreeSurfer volumes.
        """
        wanted = np.stack([direction(letter) for letter in letters])
        cosines = wanted @ geometry.directions  # row: wanted axis, column: axis of the array
        best = max(permutations(range(3)), key=lambda axes: sum(abs(cosines[i, a]) for i, a in enumerate(axes)))
        flipped = [bool(cosines[i, axis] < 0) for i, axis in enumerate(best)]
        return cls((best[0], best[1], best[2]), (flipped[0], flipped[1], flipped[2]))

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return `array` (slices, rows, columns) turned, as a view."""
        return array.transpose(self.axes)[self._steps]

    def undo(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return a turned array in (slices, rows, columns) again, as a view."""
        return array[self._steps].transpose(np.argsort(self.axes))

    def geometry(self, geometry: Geometry) -> Geometry:
        """Return the geometry of the turned array: every voxel stays where it is in the patient."""
        to_original = np.zeros((4, 4))
        to_original[3, 3] = 1.0
        for turned, (axis, flipped) in enumerate(zip(self.axes, self.flipped, strict=True)):
            to_original[axis, turned] = -1.0 if flipped else 1.0
            to_original[axis, 3] = geometry.shape[axis] - 1 if flipped else 0.0
        a, b, c = (geometry.shape[axis] for axis in self.axes)
        return Geometry(
            (a, b, c),
            geometry.affine @ to_original,
            geometry.frame_of_reference_uid,
            geometry.has_spacing,
            geometry.has_orientation,
            geometry.has_depth,
        )

    @property
    def _steps(self) -> tuple[slice, slice, slice]:
        a, b, c = (slice(None, None, -1 if flipped else 1) for flipped in self.flipped)
        return a, b, c
