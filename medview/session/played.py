"""What follows itself when the images in view are played."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medview.imaging.plane import SlicePlane
from medview.session.plane_steps import go_to_step, plane_step
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.step_place import places

Played = Literal["frames", "places", "slices"]


def what_is_played(session: Session) -> Played | None:
    """Return what can follow itself: frames of a recording, places of a 4-D series, else slices of the active pane."""
    scene = session.scene
    if scene is None:
        return None
    if scene.is_recording:
        return "frames"
    if len(places(session)) > 1:
        return "places"
    return "slices" if session.active_viewport.is_flat and played_count(session, scene) > 1 else None


def can_play(session: Session) -> bool:
    """Whether there is something that can follow itself."""
    return what_is_played(session) is not None


def played_count(session: Session, scene: Scene) -> int:
    """Return how many frames or slices there are."""
    if _is_turned(scene):
        return plane_step(scene, session.active_viewport.plane(scene))[1]
    return scene.volume.geometry.shape[_axis(session, scene)]


def played_number(session: Session, scene: Scene) -> int:
    """Return which frame or slice is in view, from 0."""
    if _is_turned(scene):
        return plane_step(scene, session.active_viewport.plane(scene))[0]
    return scene.cursor_index[_axis(session, scene)]


def show_played(session: Session, scene: Scene, number: int) -> None:
    """Show a frame or slice."""
    if _is_turned(scene):
        go_to_step(scene, session.active_viewport.plane(scene), number)
        return
    index = np.array(scene.cursor_index)
    index[_axis(session, scene)] = number
    scene.move_cursor(scene.volume.geometry.to_mm(index))


def _is_turned(scene: Scene) -> bool:
    return scene.turned_planes is not None and not scene.is_recording


def _axis(session: Session, scene: Scene) -> int:
    if scene.is_recording:
        return 0
    return SlicePlane.of(scene.volume.geometry, session.active_viewport.plane(scene)).axis
