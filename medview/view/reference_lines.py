"""Where the slices of other panes cut the one a pane shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from medview.imaging.plane import PlaneName, SlicePlane
from medview.session.scene import Scene
from medview.session.scene_place import is_in_patient, to_patient
from medview.session.session import Session
from medview.session.viewport import Viewport
from medview.study.geometry import FloatArray
from medview.view.picture_grid import PictureGrid
from medview.view.slice_picture import SlicePicture

_PARALLEL = np.sin(np.deg2rad(3.0))  # planes nearer to parallel cut each other somewhere, but nowhere that tells much
Which = Literal["now", "end", "other"]


@dataclass(frozen=True, eq=False)
class Sheet:
    """The rectangle of an image in the patient.

    Attributes
    ----------
    corners_mm
        (4, 3) LPS: the outer corners, one after the other round the edge.
    """

    corners_mm: FloatArray

    @property
    def normal(self) -> FloatArray:
        """Unit LPS normal."""
        normal: FloatArray = np.cross(self.corners_mm[1] - self.corners_mm[0], self.corners_mm[3] - self.corners_mm[0])
        return normal / np.linalg.norm(normal)


@dataclass(frozen=True)
class ReferenceLine:
    """The line in which a slice of another pane cuts the one shown.

    Attributes
    ----------
    plane
        Of the other pane, for its colour.
    which
        The slice the other pane shows, its first or last one, or one of the rest.
    number
        Of the slice, from 1.
    ends
        x0, y0, x1, y1 in the pane.
    """

    plane: PlaneName
    which: Which
    number: int
    ends: tuple[float, float, float, float]


def reference_lines(session: Session, pane: str, picture: SlicePicture) -> tuple[ReferenceLine, ...]:
    """Return what of the active pane's slices is drawn in another pane, as the setting "reference_lines" says.

    Only between slots in one frame of reference of one patient. Panes of one slot have their crosshair.
    """
    wanted, source = session.settings["reference_lines"], session.active_viewport
    viewport, shown = session.viewports[pane], session.scene
    scene = session.scene_in(pane)
    if wanted == "off" or shown is None or scene is None or source.slot == viewport.slot or not source.is_flat:
        return ()
    if not session.links.shares_space(source.slot, viewport.slot):
        return ()
    target = true_grid(scene, viewport, picture.grid)
    lines = []
    for number, which, sheet in _sheets(shown, source, wanted):
        cut = cut_of(sheet, target)
        if cut is not None:
            ends = (*picture.transform.to_pane(*cut[0]), *picture.transform.to_pane(*cut[1]))
            lines.append(ReferenceLine(source.plane(shown), which, number + 1, ends))
    return tuple(lines)


def mark_in_pane(session: Session, pane: str, picture: SlicePicture) -> tuple[float, float] | None:
    """Return where the point that was pointed out with the crosshair lies in a pane; None where it is not in its slice.

    The slot of whose panes it was pointed out has its own crosshair, unless it shows a single plane.
    """
    viewport, scene = session.viewports[pane], session.scene_in(pane)
    point = session.links.mark_in(viewport.slot)
    if point is None or scene is None or session.tool != "crosshair":
        return None
    grid = true_grid(scene, viewport, picture.grid)
    spacing = scene.volume.geometry.spacing_mm
    half = 0.5 * (max(scene.series.slice_thickness_mm or 0.0, spacing[0]) if picture.is_acquired else min(spacing))
    if abs(float((point - grid.origin_mm) @ grid.normal)) > half + 1e-3:
        return None
    return picture.transform.to_pane(*grid.to_picture(point))


def sheet_of(scene: Scene, viewport: Viewport, number: int | None = None) -> Sheet:
    """Return where the slice that a pane shows lies in the patient, or another one of the same direction.

    Each image of an uneven stack lies at its own position; planes across a tilted stack are upright.

    Parameters
    ----------
    number
        Index of the slice along the volume's own axis, None for the one at the cursor.
    """
    name, geometry = viewport.plane(scene), scene.volume.geometry
    plane = SlicePlane.of(geometry, name)
    index = scene.cursor_index[plane.axis] if number is None else number
    if scene.turned_planes is not None and number is None:
        extent = _extent_mm(plane)
        return _grid_sheet(PictureGrid.turned(geometry, scene.plane_axes(name), scene.cursor_mm, extent))
    if plane.axis == 0:
        _, rows, columns = geometry.shape
        corners = ((-0.5, -0.5), (-0.5, columns - 0.5), (rows - 0.5, columns - 0.5), (rows - 0.5, -0.5))
        return Sheet(np.stack([to_patient(scene, (index, row, column)) for row, column in corners]))
    if geometry.is_sheared:
        return _grid_sheet(PictureGrid.perpendicular(geometry, name, scene.cursor_mm))
    return _grid_sheet(PictureGrid.of_slice(plane, index))


def true_grid(scene: Scene, viewport: Viewport, grid: PictureGrid) -> PictureGrid:
    """Return where a picture lies in the patient: that of an uneven stack is laid out for the screen alone."""
    if scene.volume.geometry.is_placed or not is_in_patient(scene):
        return grid
    index = scene.cursor_index
    shift = to_patient(scene, index) - scene.volume.geometry.to_mm(index)
    return PictureGrid(grid.origin_mm + shift, grid.x_step_mm, grid.y_step_mm, grid.size)


def cut_of(sheet: Sheet, grid: PictureGrid) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the line in which a sheet cuts a picture, within both: two picture points; None where they do not meet."""
    if float(np.linalg.norm(np.cross(sheet.normal, grid.normal))) < _PARALLEL:
        return None
    heights = (sheet.corners_mm - grid.origin_mm) @ grid.normal
    points = [grid.to_picture(point) for point in _crossings(sheet.corners_mm, heights)]
    return None if len(points) < 2 else _clipped(points[0], points[1], grid.size)


def _crossings(corners: FloatArray, heights: FloatArray) -> Iterator[FloatArray]:
    """Yield the two points in which the edge of a rectangle goes through height 0."""
    for n in range(4):
        start, end = float(heights[n]), float(heights[(n + 1) % 4])
        if (start < 0.0) != (end < 0.0):
            yield corners[n] + (corners[(n + 1) % 4] - corners[n]) * (start / (start - end))


def _clipped(
    start: ArrayLike, end: ArrayLike, size: tuple[int, int]
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the part of a line within (0, 0) and `size`, None where there is none (Liang and Barsky 1984)."""
    first, last = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    way, enter, leave = last - first, 0.0, 1.0
    for axis in (0, 1):
        for edge, sign in ((0.0, -1.0), (float(size[axis]), 1.0)):
            speed, room = sign * way[axis], sign * (edge - first[axis])
            if abs(speed) < 1e-12:
                if room < 0:
                    return None
            elif speed < 0:
                enter = max(enter, room / speed)
            else:
                leave = min(leave, room / speed)
    if enter >= leave:
        return None
    (x0, y0), (x1, y1) = first + way * enter, first + way * leave
    return (float(x0), float(y0)), (float(x1), float(y1))


def _sheets(scene: Scene, viewport: Viewport, wanted: str) -> Iterator[tuple[int, Which, Sheet]]:
    """Yield the slices that are drawn, the one shown last, so that it lies above the others."""
    plane = SlicePlane.of(scene.volume.geometry, viewport.plane(scene))
    now, count = scene.cursor_index[plane.axis], plane.slice_count
    upright = scene.turned_planes is not None or (plane.axis != 0 and scene.volume.geometry.is_sheared)
    if wanted == "all" and not upright:
        for number in set(range(1, count - 1)) - {now}:
            yield number, "other", sheet_of(scene, viewport, number)
    if wanted in ("all", "ends") and not upright:
        for number in sorted({0, count - 1} - {now}):
            yield number, "end", sheet_of(scene, viewport, number)
    yield now, "now", sheet_of(scene, viewport)


def _extent_mm(plane: SlicePlane) -> tuple[float, float]:
    return plane.size[0] * plane.pixel_mm[0], plane.size[1] * plane.pixel_mm[1]


def _grid_sheet(grid: PictureGrid) -> Sheet:
    width, height = grid.size
    return Sheet(np.stack([grid.to_mm(x, y) for x, y in ((0, 0), (width, 0), (width, height), (0, height))]))
