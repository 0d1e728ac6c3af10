"""Millimetres that a person gives for images that hold none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.study.geometry import Geometry
from medview.study.series import GuardKind, GuardLine, Series

_NO_DEPTH: tuple[GuardKind, ...] = ("cine", "missing", "variable")  # no number closes a gap


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
    has_depth = all(line.kind not in _NO_DEPTH for line in series.guard)
    spaced = replace(geometry, affine=affine, has_spacing=True, has_depth=has_depth)
    said = Sentence(
        "The spacing {slice_mm:g} x {row_mm:g} x {column_mm:g} mm was given by hand; it is not in the file.",
        {"slice_mm": spacing_mm[0], "row_mm": spacing_mm[1], "column_mm": spacing_mm[2]},
    )
    return replace(
        series,
        geometry=spaced,
        warnings=(*series.warnings, said),
        guard=_guard(series, spaced),
        has_given_spacing=True,
    )


def _guard(series: Series, spaced: Geometry) -> tuple[GuardLine, ...]:
    """Return what the guard says now: nothing of pixels any more, and slices as far apart as was said."""
    lines = [line for line in series.guard if line.kind not in ("unspaced", "lengths", "uniform")]
    if spaced.can_reformat:
        step: dict[str, object] = {"step": spaced.spacing_mm[0]}
        meaning = Sentence(
            "The slices were said to lie {step:.2f} mm apart: other planes, distances and volumes are as true as that.",
            step,
        )
        lines.append(GuardLine("uniform", Sentence("even, {step:.2f} mm", step), meaning))
    return tuple(lines)
