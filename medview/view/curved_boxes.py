"""The boxes of a detector on a path laid flat: where the surface along it, and sections across it, cut them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from medview.session.finding_view import finding_view
from medview.session.scene import Scene
from medview.study.finding import ScoredBox
from medview.study.geometry import FloatArray
from medview.view.curved_picture import CrossSection, CurvedPicture
from medview.view.finding_boxes import DrawnBox, cut, hull, shown_boxes

_LAYERS = 5  # of a slab that are looked at
_FLAT = 1e-9  # of an index a mm: a line that runs along a side of the box


def sheet_boxes(scene: Scene, picture: CurvedPicture, slab_mm: float) -> tuple[DrawnBox, ...]:
    """Return the outlines, in the pane, of what of each box lies on the surface, or within a slab about it."""
    view, found = finding_view(scene.study), []
    lines = _lines(scene, picture, slab_mm)
    for finding, box in shown_boxes(scene):
        first, last = _crossed(lines, box)
        low, high = picture.sheet.extent_mm
        first, last = np.maximum(first.min(axis=0), low), np.minimum(last.max(axis=0), high)
        found += [DrawnBox.of(finding, box, _outline(picture, run, first, last), view) for run in _runs(first < last)]
    return tuple(sorted(found, key=lambda drawn: drawn.is_strong))


def section_boxes(scene: Scene, section: CrossSection) -> tuple[DrawnBox, ...]:
    """Return the outlines, in the pane, in which a section cuts the boxes."""
    view, grid, (left, top, width, height) = finding_view(scene.study), section.grid, section.rect
    found = []
    for finding, box in shown_boxes(scene):
        points = cut(box.corners_mm(scene.volume.geometry), grid.origin_mm, grid.normal, 0.0) - grid.origin_mm
        x, y = (points @ step / (step @ step) for step in (grid.x_step_mm, grid.y_step_mm))
        outline = hull(np.stack([left + x * width / grid.size[0], top + y * height / grid.size[1]], axis=-1))
        if len(outline) > 2:
            found.append(DrawnBox.of(finding, box, outline, view))
    return tuple(found)


def _lines(scene: Scene, picture: CurvedPicture, slab_mm: float) -> tuple[FloatArray, FloatArray]:
    """Return the index (layers, lines, 3) of across 0 on each line of the surface, and its step for a mm (lines, 3)."""
    sheet, geometry = picture.sheet, scene.volume.geometry
    offsets = np.linspace(-slab_mm / 2.0, slab_mm / 2.0, _LAYERS) if slab_mm > 0.0 else np.zeros(1)
    start = geometry.to_index(sheet.base_mm + offsets[:, None, None] * sheet.through)
    return start, sheet.across @ geometry.index_steps.T


def _crossed(lines: tuple[FloatArray, FloatArray], box: ScoredBox) -> tuple[FloatArray, FloatArray]:
    """Return from where to where across each line lies in a box, (layers, lines); first > last where it does not.

    The slab method of T. L. Kay and J. T. Kajiya, "Ray tracing complex scenes", SIGGRAPH 1986.
    """
    start, step = lines
    is_flat = np.abs(step) < _FLAT
    divisor = np.where(is_flat, 1.0, step)
    ends = [(np.array(edge) - start) / divisor for edge in (box.low_index, box.high_index)]
    near, far = np.minimum(*ends), np.maximum(*ends)
    within = (start > box.low_index) & (start < box.high_index)
    near = np.where(is_flat, np.where(within, -np.inf, np.inf), near)
    far = np.where(is_flat, np.where(within, np.inf, -np.inf), far)
    first, last = near.max(axis=-1), far.min(axis=-1)
    return np.where(first < last, first, np.inf), np.where(first < last, last, -np.inf)


def _runs(is_in: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield the first and last line of each stretch of a path that lies in a box."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_in, [False]]).astype(np.int8)))
    for first, behind in edges.reshape(-1, 2).tolist():
        yield first, behind - 1


def _outline(picture: CurvedPicture, run: tuple[int, int], first: FloatArray, last: FloatArray) -> FloatArray:
    """Return a stretch of the surface (n, 2) in the pane, half a step beyond its first and last line."""
    places = np.arange(run[0], run[1] + 1, dtype=np.float64)
    along = np.concatenate([places[:1] - 0.5, places, places[-1:] + 0.5]) * picture.sheet.step_mm
    inner = slice(run[0], run[1] + 1)
    sides = [np.concatenate([side[inner][:1], side[inner], side[inner][-1:]]) for side in (first, last)]
    there = [picture.to_pane(a, t) for a, t in zip(along, sides[0], strict=True)]
    back = [picture.to_pane(a, t) for a, t in zip(along[::-1], sides[1][::-1], strict=True)]
    return np.array(there + back)
