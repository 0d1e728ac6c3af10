"""Where the other two planes cut a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.imaging.oblique import cross
from medview.imaging.plane import PlaneName
from medview.imaging.turned_planes import other_planes
from medview.session.scene import Scene
from medview.view.pane_transform import PaneTransform
from medview.view.picture_grid import PictureGrid

_GAP_PX = 7.0  # what is looked at must not be covered


@dataclass(frozen=True)
class CrosshairLine:
    """A piece of the line in which `plane` cuts the pane's own plane: x0, y0, x1, y1 in the pane."""

    plane: PlaneName
    ends: tuple[float, float, float, float]


def crosshair(scene: Scene, name: PlaneName, grid: PictureGrid, transform: PaneTransform) -> tuple[CrosshairLine, ...]:
    """Return the lines of the other two planes through the scene's cursor, within the picture, open at the cursor."""
    lines: list[CrosshairLine] = []
    for other in other_planes(name):
        middle, direction = line_in_pane(scene, other, grid, transform)
        lines += [CrosshairLine(other, ends) for ends in _pieces(middle, direction, grid, transform)]
    return tuple(lines)


def slab_faces(
    scene: Scene, other: PlaneName, thickness_mm: float, grid: PictureGrid, transform: PaneTransform
) -> tuple[CrosshairLine, ...]:
    """Return where the two faces of another plane's slab cut a plane, within the picture."""
    middle, direction = line_in_pane(scene, other, grid, transform)
    px_per_mm = float(np.linalg.norm(direction))
    if px_per_mm < 1e-9:
        return ()
    along = direction / px_per_mm
    across = np.array([-along[1], along[0]]) * thickness_mm / 2.0 * px_per_mm
    corners = np.array([transform.to_pane(0, 0), transform.to_pane(*grid.size)])
    faces = []
    for start in (middle - across, middle + across):
        if (start >= corners[0]).all() and (start <= corners[1]).all():
            ends = [start + way * _reach(start, way, corners) for way in (-along, along)]
            faces.append(CrosshairLine(other, (*map(float, ends[0]), *map(float, ends[1]))))  # type: ignore[arg-type]
    return tuple(faces)


def line_in_pane(
    scene: Scene, other: PlaneName, grid: PictureGrid, transform: PaneTransform
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the crosshair lies in a pane, (x, y), and the step there of a mm along the other plane's line."""
    middle = np.array(transform.to_pane(*grid.to_picture(scene.cursor_mm)))
    along = cross(grid.normal, scene.plane_normal(other))
    along /= max(float(np.linalg.norm(along)), 1e-12)
    tip = np.array(transform.to_pane(*grid.to_picture(scene.cursor_mm + along)))
    return middle, tip - middle


def _pieces(
    middle: NDArray[np.float64], direction: NDArray[np.float64], grid: PictureGrid, transform: PaneTransform
) -> list[tuple[float, float, float, float]]:
    """Return the two pieces of a line through the middle that lie in the picture, away from the middle."""
    length = float(np.linalg.norm(direction))
    if length < 1e-9:
        return []
    direction = direction / length
    corners = np.array([transform.to_pane(0, 0), transform.to_pane(*grid.size)])
    pieces = []
    for sign in (-1.0, 1.0):
        reach = _reach(middle, sign * direction, corners)
        if reach > _GAP_PX:
            start, end = middle + sign * direction * _GAP_PX, middle + sign * direction * reach
            pieces.append((float(start[0]), float(start[1]), float(end[0]), float(end[1])))
    return pieces


def _reach(start: NDArray[np.float64], direction: NDArray[np.float64], corners: NDArray[np.float64]) -> float:
    """Return how far a ray goes before it leaves a rectangle that it starts in."""
    ways = [
        (corners[int(way > 0), axis] - start[axis]) / way
        for axis, way in enumerate(direction.tolist())
        if abs(way) > 1e-9
    ]
    return float(min(ways))
