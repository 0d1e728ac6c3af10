"""The boxes of a detector in a pane: the outline in which its plane cuts each, and in 3D the twelve edges."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from medview.imaging.camera import Camera
from medview.session.finding_view import FindingView, finding_view, findings_on
from medview.session.scene import Scene
from medview.study.finding import Finding, ScoredBox
from medview.study.geometry import FloatArray, Geometry
from medview.study.study import Study
from medview.view.slice_picture import SlicePicture

# of the corners of `ScoredBox.corners_mm`: two are joined where they differ along one axis
_EDGES = np.array([(a, b) for a, b in combinations(range(8), 2) if (a ^ b).bit_count() == 1])
_CORNERS = np.array(list(product((0, 1), repeat=3)))
_NEAR_MM = 1e-6
_Point = tuple[float, float]
_CROWD = 40  # boxes in a plane, from which on those beside it are not hinted at
_BESIDE_MM = 3.0  # from the plane, or one slice where those are thicker: there a box is still hinted at


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
    away_mm
        How far from the plane the box begins, 0 where the plane cuts it; of images of unknown spacing in pixels. Such
        an outline is the shadow of a box that lies beside the plane: nothing of it is seen in this picture.
    """

    finding: Finding
    box: ScoredBox
    outline: FloatArray
    is_accepted: bool
    is_strong: bool
    away_mm: float = 0.0

    @classmethod
    def of(
        cls, finding: Finding, box: ScoredBox, outline: FloatArray, view: FindingView, away_mm: float = 0.0
    ) -> DrawnBox:
        """Return a box as it is looked at now."""
        return cls(finding, box, outline, _is_accepted(finding), _is_strong(finding, view), away_mm)


@dataclass(frozen=True, eq=False)
class WireBox:
    """A box in 3D: its edges (12, 4) as x0, y0, x1, y1 in coordinates of the pane; the rest as `DrawnBox`."""

    finding: Finding
    box: ScoredBox
    edges: FloatArray
    is_accepted: bool
    is_strong: bool


@dataclass(frozen=True, eq=False)
class _Placed:
    """Boxes on the images of a scene, with their corners (boxes, 8, 3) in LPS mm."""

    findings: tuple[Finding, ...]
    boxes: tuple[ScoredBox, ...]
    corners_mm: FloatArray


@dataclass(frozen=True, eq=False)
class _Kept:
    """What was worked out last for a study, and from what."""

    there: tuple[Finding, ...]
    thresholds: tuple[tuple[str, float], ...]
    shown: _Placed


_kept: WeakKeyDictionary[Study, _Kept] = WeakKeyDictionary()


def shown_boxes(scene: Scene) -> tuple[tuple[Finding, ScoredBox], ...]:
    """Return the boxes on the images in view that are neither rejected nor below the threshold of their run."""
    placed = _shown(scene)
    return tuple(zip(placed.findings, placed.boxes, strict=True))


def drawn_boxes(scene: Scene, picture: SlicePicture) -> tuple[DrawnBox, ...]:
    """Return the boxes that the plane of a pane cuts, or nearly; those beside it first, those pointed out last."""
    view, grid, placed = finding_view(scene.study), picture.grid, _shown(scene)
    if not placed.boxes:
        return ()
    half, beside = picture.slab_mm / 2.0, max(_BESIDE_MM, _step_mm(scene.volume.geometry, grid.normal))
    away = (placed.corners_mm - grid.origin_mm) @ grid.normal
    gap = np.maximum(away.min(axis=1) - half, -half - away.max(axis=1))
    found = []
    if np.count_nonzero(gap <= _NEAR_MM) > _CROWD:
        beside = 0.0
    for number in np.flatnonzero(gap <= max(beside, _NEAR_MM)):
        finding, is_cut = placed.findings[number], gap[number] <= _NEAR_MM
        points = placed.corners_mm[number]
        if is_cut:
            points = cut(points, grid.origin_mm, grid.normal, half)
        outline = hull(_in_pane(picture, points))
        if len(outline) > 2:
            away_mm = 0.0 if is_cut else float(gap[number])
            found.append(DrawnBox.of(finding, placed.boxes[number], outline, view, away_mm))
    return tuple(sorted(found, key=lambda drawn: (drawn.away_mm == 0.0, drawn.is_strong)))


def wire_boxes(scene: Scene, camera: Camera, size: tuple[int, int]) -> tuple[WireBox, ...]:
    """Return the boxes as a 3D pane of a size sees them, those pointed out last."""
    view, placed = finding_view(scene.study), _shown(scene)
    offset = (placed.corners_mm - camera.focus_mm) * camera.px_per_mm(size)
    seen = np.stack([size[0] / 2 + offset @ camera.right, size[1] / 2 - offset @ camera.up], axis=-1)
    edges = seen[:, _EDGES].reshape(-1, len(_EDGES), 4)
    found = [
        WireBox(finding, box, edges[number], _is_accepted(finding), _is_strong(finding, view))
        for number, (finding, box) in enumerate(zip(placed.findings, placed.boxes, strict=True))
    ]
    return tuple(sorted(found, key=lambda wire: wire.is_strong))


def _shown(scene: Scene) -> _Placed:
    """Return the boxes that are drawn; of thousands the corners are worked out once."""
    view, there = finding_view(scene.study), findings_on(scene)
    kept, thresholds = _kept.get(scene.study), tuple(view.chosen_thresholds.items())
    if kept is None or kept.there is not there or kept.thresholds != thresholds:
        shown = [finding for finding in there if view.shows(finding)]
        kept = _kept[scene.study] = _Kept(there, thresholds, _placed(shown, scene.volume.geometry))
    return kept.shown


def _placed(findings: list[Finding], geometry: Geometry) -> _Placed:
    pairs = [(finding, finding.payload) for finding in findings if isinstance(finding.payload, ScoredBox)]
    ends = np.array([(box.low_index, box.high_index) for _, box in pairs]).reshape(-1, 2, 3)
    corners = ends[:, _CORNERS, np.arange(3)]  # as `ScoredBox.corners_mm` orders them
    return _Placed(tuple(f for f, _ in pairs), tuple(box for _, box in pairs), geometry.to_mm(corners))


def _in_pane(picture: SlicePicture, points_mm: FloatArray) -> FloatArray:
    """Return where points (n, 3) are seen in the pane, (n, 2)."""
    grid = picture.grid
    offset = points_mm - grid.origin_mm
    x, y = (offset @ step / (step @ step) for step in (grid.x_step_mm, grid.y_step_mm))
    place = picture.transform
    return np.stack([place.offset_x + x * place.scale_x, place.offset_y + y * place.scale_y], axis=-1)


def _step_mm(geometry: Geometry, normal: FloatArray) -> float:
    """Return how far the next slice lies along a normal."""
    return float(np.abs(geometry.affine[:3, :3].T @ normal).max())


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
    ordered = sorted({(x, y) for x, y in np.round(points, 6).tolist()})
    if len(ordered) < 3:
        return np.array(ordered).reshape(-1, 2)
    halves = [_half(ordered), _half(ordered[::-1])]
    return np.array([*halves[0][:-1], *halves[1][:-1]])


def _half(points: list[_Point]) -> list[_Point]:
    chain: list[_Point] = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0.0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: _Point, b: _Point, c: _Point) -> float:
    """Return twice the area of a triangle, positive where it is run through to the left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _is_accepted(finding: Finding) -> bool:
    return finding.status in ("accepted", "edited")


def _is_strong(finding: Finding, view: FindingView) -> bool:
    return finding.uid in (view.selected_uid, view.hovered_uid)
