"""The path that a curved reformat runs along, and the crosshair on it."""

from __future__ import annotations

import numpy as np

from medview.imaging.curve import Curve
from medview.imaging.curved_sheet import section_axes
from medview.imaging.oblique import from_plane
from medview.imaging.turned_planes import TurnedPlanes
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.turn_planes import remember_turn, why_not
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement


def path_in_view(session: Session, scene: Scene) -> Measurement | None:
    """Return the path that is selected, else the last one drawn on the series of a scene; also while it is dragged."""
    paths = [m for m in scene.study.measurements.shown if m.kind == "path" and m.series_key == scene.series.key]
    chosen = [m for m in paths if m.tracking_uid == session.focus.selected_uid]
    return (chosen or paths)[-1] if paths else None


def path_curve(path: Measurement, scene: Scene, step_mm: float | None = None) -> Curve | None:
    """Return the smooth line through a path's points, about a step for the finest voxel spacing; None of one place."""
    points = path_from_head(path.points_mm) if scene.volume.geometry.has_orientation else path.points_mm
    try:
        return Curve.through(points, step_mm or min(scene.volume.geometry.spacing_mm))
    except ValueError:
        return None


def path_from_head(points_mm: FloatArray) -> FloatArray:
    """Return points in the order in which they are laid out: from head to feet, right to left or front to back.

    By the direction in which the ends lie farthest apart: so that no reformat is mirrored by the way it was drawn.
    """
    chord = points_mm[-1] - points_mm[0]
    axis = int(np.argmax(np.abs(chord)))
    is_backwards = chord[axis] > 0 if axis == 2 else chord[axis] < 0
    return points_mm[::-1] if is_backwards else points_mm


def go_along(session: Session, pane: str, by_mm: float) -> None:
    """Move the crosshair along the path by a distance, from its place nearest to the crosshair."""
    scene = session.scene_in(pane)
    path = path_in_view(session, scene) if scene is not None else None
    curve = path_curve(path, scene) if scene is not None and path is not None else None
    if scene is not None and curve is not None:
        scene.move_cursor(curve.at(curve.nearest(scene.cursor_mm) + by_mm))


def turn_across_path(session: Session) -> None:
    """Turn the axial plane across the path at its place nearest to the crosshair, and the others along it."""
    scene = session.scene
    path = path_in_view(session, scene) if scene is not None else None
    curve = path_curve(path, scene) if scene is not None and path is not None else None
    if scene is None or curve is None or why_not(scene) is not None:
        return
    arc = curve.nearest(scene.cursor_mm)
    before = scene.turned_planes, scene.cursor_mm
    right, down = section_axes(curve, arc, (0.0, 1.0, -0.05))
    if right @ (1.0, 0.1, 0.01) < 0:
        right = -right
    scene.turn(TurnedPlanes(from_plane("axial", right, down)), curve.at(arc))
    remember_turn(scene, before, "Turn the planes")
