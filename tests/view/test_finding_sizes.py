"""No millimetre is told of an axis that is no distance: one slice of unknown thickness, the frames of a recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medview.files.result_json import findings_data
from medview.study.finding import Concept, Finding, ScoredBox
from medview.study.geometry import Geometry
from medview.study.segmentation import Source
from medview.view.finding_text import size_text

GRID = Geometry.from_axes(
    (8, 30, 40), origin=(0, 0, 0), slice_step=(0, 0, 5), row_step=(0, 2, 0), column_step=(1, 0, 0)
)
BOX = ScoredBox(Concept("a", "A"), 0.9, (0.5, 4.5, 9.5), (3.5, 14.5, 16.5))


def found_on(geometry: Geometry) -> Finding:
    return Finding("2.25.1", "2.25.2", "P", BOX, geometry, Source("k", "1.2", "1.3", "ab"), {})


def test_a_box_on_slices_has_three_sides() -> None:
    assert size_text(found_on(GRID)) == "7\N{MULTIPLICATION SIGN}20\N{MULTIPLICATION SIGN}15"
    np.testing.assert_allclose(findings_data([found_on(GRID)])[0]["size_mm"], (15, 20, 7))


def test_a_box_on_frames_has_no_depth() -> None:
    frames = replace(GRID, has_depth=False)
    assert size_text(found_on(frames)) == "7\N{MULTIPLICATION SIGN}20"
    assert findings_data([found_on(frames)])[0]["size_mm"] is None


def test_a_box_on_pixels_of_unknown_size_has_none() -> None:
    pixels = replace(GRID, has_spacing=False)
    assert size_text(found_on(pixels)) == ""
    assert findings_data([found_on(pixels)])[0]["size_mm"] is None
