"""A tilted or uneven stack as a derived one of right angles and even slices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.imaging.regular_grid import RegularGrid, regular_grid
from medview.progress import Progress, unheard
from medview.study import shared_array
from medview.study.geometry import FloatArray
from medview.study.series import GuardLine, Series
from medview.study.volume import Volume

_AIR_HU = -1000.0
_NOT_RESAMPLED = {"cine", "unplaced"}


def needs_regularising(series: Series) -> bool:
    """Whether a stack is sheared or uneven, and can be resampled."""
    geometry = series.geometry
    if geometry is None or (not geometry.is_sheared and (geometry.has_depth or geometry.shape[0] < 2)):
        return False
    return _fault(series) is None


def regular_series(series: Series) -> Series:
    """Return what the resampled stack is, told from headers alone: its geometry, its warnings, what it was made from.

    It has no images of its own: nothing drawn on it can refer to those of the original.

    Raises
    ------
    MedViewError
        The images do not say where they lie, are a recording, or in colour.
    """
    grid = _grid(series)
    step_mm = grid.geometry.spacing_mm[0]
    said = [Sentence("Resampled to even slices of {step:.2f} mm at right angles: values between slices are computed, "
                     "not measured.", {"step": step_mm})]  # fmt: skip
    if grid.wide_gaps:
        said.append(Sentence("{count} {count:gap|gaps} of up to {gap:.1f} mm between slices {count:was|were} not "
                             "bridged: there is nothing in {count:it|them}.",
                             {"count": len(grid.wide_gaps), "gap": float(grid.gaps_mm.max())}))  # fmt: skip
    line = GuardLine(
        "uniform",
        Sentence("resampled, even {step:.2f} mm", {"step": step_mm}),
        Sentence("A stack that was resampled: other planes and distances hold, its values are partly computed. A mask "
                 "on it is saved on its own grid, as NIfTI."),
    )  # fmt: skip
    _, rows, columns = grid.geometry.shape
    return replace(
        series,
        stack=f"{series.stack}, resampled" if series.stack else "resampled",
        instances=(),
        rows=rows,
        columns=columns,
        slice_thickness_mm=step_mm,
        geometry=grid.geometry,
        warnings=tuple(said),
        guard=(line,),
        axis=None,
        resampled_from=series,
    )


def regularised(volume: Volume, progress: Progress = unheard) -> Volume:
    """Return a volume resampled to right angles and even slices; errors as `regular_series`.

    Values are weighted linearly between neighbouring slices along their normal. A gap wider than 1.75 times the median
    distance stays empty: it is filled with the least value of the volume, of Hounsfield units with that of air.
    """
    series = regular_series(volume.series)
    grid = _grid(volume.series)
    array = shared_array.allocate_for_series(grid.geometry.shape, volume.array.dtype)
    grid.fill(volume.array, array, _emptiness(volume), progress)
    return Volume(array, grid.geometry, series, volume.unit)


def _emptiness(volume: Volume) -> float:
    """Return a value that is taken for no tissue."""
    least = float(volume.array.min())
    holds_air = volume.array.dtype.kind == "f" or np.iinfo(volume.array.dtype).min <= _AIR_HU
    return min(least, _AIR_HU) if volume.unit == "HU" and holds_air else least


def _grid(series: Series) -> RegularGrid:
    fault = _fault(series)
    if fault is not None or series.geometry is None:
        raise fault or MedViewError("The series {name} forms no volume.", name=series.series_description)
    return regular_grid(_positions(series), series.geometry)


def _positions(series: Series) -> FloatArray:
    """Return the first pixel of each slice in LPS mm: what the images say, else what the geometry says."""
    told = [i.image_position_patient for i in series.instances]
    if told and all(place is not None for place in told):
        return np.array(told, dtype=np.float64)
    assert series.geometry is not None
    return series.geometry.to_mm([(k, 0, 0) for k in range(series.geometry.shape[0])])


def _fault(series: Series) -> MedViewError | None:
    """Return why a stack cannot be resampled, or None."""
    geometry = series.geometry
    told = all(i.image_position_patient is not None for i in series.instances) and bool(series.instances)
    if geometry is None or geometry.shape[0] < 2 or not geometry.has_spacing or not geometry.has_orientation:
        return MedViewError(
            "Only a stack of slices that say where they lie can be resampled.", "Open another series of this study."
        )
    if any(line.kind in _NOT_RESAMPLED for line in series.guard) or not (geometry.has_depth or told):
        return MedViewError(
            "Only a stack of slices that say where they lie can be resampled.", "Open another series of this study."
        )
    if series.is_colour:
        return MedViewError("A stack in colour cannot be resampled.", "Open another series of this study.")
    return None
