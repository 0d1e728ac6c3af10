"""Millimetres that a person gives for images that hold none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.study.series import Series


def with_spacing(series: Series, spacing_mm: tuple[float, float, float]) -> Series:
    """Return a series whose millimetres were asked for: (slice, row, column) spacing, and a warning that says so.

    Raises
    ------
    MedViewError
        The images have their own spacing, which is never overruled, or the given one is none.
    """
    geometry = series.geometry
    if geometry is None or geometry.has_spacing:
        raise MedViewError(
            "{name} has its own spacing, which is not overruled.", "Leave the spacing out.",
            name=series.series_description or "The series",
        )  # fmt: skip
    if not all(np.isfinite(v) and 1e-6 < v < 1e4 for v in spacing_mm):
        raise MedViewError("A spacing is above 0 and below 10,000 mm.", "Give it as slice, row, column.")
    affine = geometry.affine.copy()
    affine[:3, :3] = geometry.directions * np.array(spacing_mm)
    spaced = replace(geometry, affine=affine, has_spacing=True, has_depth=True)
    said = Sentence(
        "The spacing {slice_mm:g} x {row_mm:g} x {column_mm:g} mm was given by hand; it is not in the file.",
        {"slice_mm": spacing_mm[0], "row_mm": spacing_mm[1], "column_mm": spacing_mm[2]},
    )
    guard = tuple(line for line in series.guard if line.kind != "unspaced")
    return replace(series, geometry=spaced, warnings=(*series.warnings, said), guard=guard or series.guard)
