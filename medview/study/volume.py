"""Voxels with their place in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study import shared_array
from medview.study.geometry import Geometry
from medview.study.series import Series
from medview.study.voi_lut import VoiLut


@dataclass(frozen=True, eq=False)
class Volume:
    """A 3-D array on a geometry, with the series it came from.

    Attributes
    ----------
    array
        Read-only, (slices, rows, columns), modality values (after rescale): int16, uint16, uint8 or float32; of colour
        images uint8 (slices, rows, columns, 3) in red, green, blue. Lies in shared memory where a reader made it, so
        that the worker process sees it without a copy. A recording's frames lie along the slice axis.
    geometry
        Where each voxel lies; its shape equals that of the array without colours.
    unit
        "HU" for CT original images, "Bq/ml" or another of DICOM's Units for PET, "" where the values are arbitrary.
    series
        What it was read from.
    voi_luts
        Of each image the tables that it may be shown with, () where no image has any.
    """

    array: NDArray[Any]
    geometry: Geometry
    series: Series
    unit: str = ""
    voi_luts: tuple[tuple[VoiLut, ...], ...] = ()

    def __post_init__(self) -> None:
        colours = (3,) if self.is_colour else ()
        if self.array.shape != (*self.geometry.shape, *colours):
            raise ValueError(f"array {self.array.shape} does not fit its geometry {self.geometry.shape}")
        view = self.array.view()
        view.flags.writeable = False
        object.__setattr__(self, "array", view)

    @property
    def is_colour(self) -> bool:
        """Whether the array has a last axis of red, green, blue."""
        return self.array.ndim == 4

    def value_at(self, point_mm: NDArray[np.float64]) -> float | None:
        """Return the nearest voxel's value at an LPS point, or None outside the grid and for colours."""
        if self.is_colour or not self.geometry.contains(point_mm):
            return None
        index = np.clip(np.rint(self.geometry.to_index(point_mm)).astype(int), 0, np.array(self.array.shape) - 1)
        return float(self.array[tuple(index)])

    def __reduce__(self) -> tuple[object, ...]:
        """Hand the array by name to another process, which cannot change it here; what is not shared yet is copied."""
        array = shared_array.shared(self.array)
        object.__setattr__(self, "array", array)
        return _attached, (shared_array.handle(array), self.geometry, self.series, self.unit)


def _attached(handle: tuple[str, tuple[int, ...], str], geometry: Geometry, series: Series, unit: str) -> Volume:
    return Volume(shared_array.attach_copy(*handle), geometry, series, unit)
