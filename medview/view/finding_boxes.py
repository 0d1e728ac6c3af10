"""The boxes of a detector in a pane: the outline in which its plane cuts each, and in 3D the twelve edges."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from medview.imaging.camera import Camera
from medview.session.finding_view import FindingView, finding_view, findings_on
from medview.session.scene import Scene
from medview.study.finding import Finding, ScoredBox
from medview.study.geometry import FloatArray
from medview.view.slice_picture import SlicePicture

# of the corners of `ScoredBox.corners_mm`: two are joined where they differ along one axis
_EDGES = np.array([(a, b) for a, b in combinations(range(8), 2) if (a ^ b).bit_count() == 1])
_NEAR_MM = 1e-6


@dataclass(frozen=True, eq=False)
class DrawnBox:
    """A box as a pane shows it.

    Attributes
    ----------
    outline
        (n, 2) corners in coordinates of the pane, in order round the outline.
    is_accepted
        Whether a person has accepted or corrected it; else it is a proposal of the model.
    is_strong
        Whether it is chosen, or lies under the mouse.
    """

    finding: Finding
    box: ScoredBox
    outline: FloatArray
    is_accepted: bool
    is_strong: bool


@dataclass(frozen=True, eq=False)
class WireBox:
    """A box in 3D: its edges (12, 4) as x0, y0, x1, y1 in coordinates of the pane; the rest as `DrawnBox`."""

    finding: Finding
    box: ScoredBox
    edges: FloatArray
    is_accepted: bool
    is_strong: bool


def shown_boxes(scene: Scene) -> tuple[tuple[Finding, ScoredBox], ...]:
    """Return the boxes on the images in view that are neither rejected nor below the threshold of their run."""
    view = finding_view(scene.study)
    return tuple((f, f.payload) for f in findings_on(scene) if isinstance(f.payload, ScoredBox) and view.shows(f))


def drawn_boxes(scene: Scene, picture: SlicePicture) -> tuple[DrawnBox, ...]:
    """Return the boxes that the plane of a pane cuts, those pointed out last."""
    view, grid = finding_view(scene.study), picture.grid
    found = []
    for finding, box in shown_boxes(scene):
        points = cut(box.corners_mm(finding.geometry), grid.origin_mm, grid.normal, picture.slab_mm / 2.0)
        outline = hull(np.array([picture.mm_to_pane(point) for point in points]).reshape(-1, 2))
        if len(outline) > 2:
            found.append(DrawnBox(finding, box, outline, _is_accepted(finding), _is_strong(finding, view)))
    return tuple(sorted(found, key=lambda drawn: drawn.is_strong))


def wire_boxes(scene: Scene, camera: Camera, size: tuple[int, int]) -> tuple[WireBox, ...]:
    """Return the boxes as a 3D pane of a size sees them."""
    view = finding_view(scene.study)
    found = []
    for finding, box in shown_boxes(scene):
        seen = np.array([camera.to_picture(corner, size) for corner in box.corners_mm(finding.geometry)])
        edges = seen[_EDGES].reshape(-1, 4)
        found.append(WireBox(finding, box, edges, _is_accepted(finding), _is_strong(finding, view)))
    return tuple(found)


def cut(corners_mm: FloatArray, origin_mm: FloatArray, normal: FloatArray, half_mm: float) -> FloatArray:
    """Return the corners (n, 3) of what of a box lies within `half_mm` of a plane; of its cut where that is 0."""
    away = (corners_mm - origin_mm) @ normal
    found = [corners_mm[np.abs(away) <= half_mm + _NEAR_MM]]
    first, last = _EDGES.T
    for level in {half_mm, -half_mm}:
        crosses = (away[first] - level) * (away[last] - level) < 0.0
        start, end = first[crosses], last[crosses]
        share = ((level - away[start]) / (away[end] - away[start]))[:, None]
        found.append(corners_mm[start] + share * (corners_mm[end] - corners_mm[start]))
    return np.concatenate(found)


def hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the corners (n, 2) of the convex outline of points in order (Andrew's monotone chain, 1979)."""
    ordered = np.unique(np.round(points, 6), axis=0)
    if len(ordered) < 3:
        return ordered
    halves = [_half(ordered), _half(ordered[::-1])]
    return np.array([*halves[0][:-1], *halves[1][:-1]])


def _half(points: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    chain: list[NDArray[np.float64]] = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0.0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    """Return twice the area of a triangle, positive where it is run through to the left."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _is_accepted(finding: Finding) -> bool:
    return finding.status in ("accepted", "edited")


def _is_strong(finding: Finding, view: FindingView) -> bool:
    return finding.uid in (view.selected_uid, view.hovered_uid)
