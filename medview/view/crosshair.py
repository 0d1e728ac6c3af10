"""Where the other two planes cut a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    middle = np.array(transform.to_pane(*grid.to_picture(scene.cursor_mm)))
    lines: list[CrosshairLine] = []
    for other in other_planes(name):
        along = np.cross(grid.normal, np.cross(*scene.plane_axes(other)))
        tip = np.array(transform.to_pane(*grid.to_picture(scene.cursor_mm + along)))
        lines += [CrosshairLine(other, ends) for ends in _pieces(middle, tip - middle, grid, transform)]
    return tuple(lines)


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
    with np.errstate(divide="ignore", invalid="ignore"):
        ways = np.where(direction > 0, corners[1] - start, corners[0] - start) / direction
    return float(np.min(ways[np.abs(direction) > 1e-9]))
