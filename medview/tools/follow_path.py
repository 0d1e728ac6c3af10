"""The mouse over a curved reformat: the crosshair goes along the path, the surface turns about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from medview.imaging.curve import Curve
from medview.session.curved_path import go_along, path_curve, path_in_view
from medview.session.scene import Scene
from medview.session.session import Session
from medview.tools.drag import Drag, StepDrag
from medview.tools.navigate import CrosshairDrag, PanDrag, ZoomDrag
from medview.tools.pointer import PointerEvent
from medview.tools.window_level import WindowLevelDrag

_DEGREES_PER_PX = 0.5
_MARKER_PX = 6.0
_STEP_MM = 1.0
_TOOLS: dict[str, Callable[[Session, PointerEvent], Drag]] = {
    "pan": PanDrag,
    "zoom": ZoomDrag,
    "crosshair": CrosshairDrag,
    "window_level": WindowLevelDrag,
}


class TurnCurveDrag(StepDrag):
    """Turns the surface about the path."""

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Turn by half a degree a pixel, up or to the right being on by the right-hand rule."""
        turn_curve(self.session, self.pane, (right - down) * _DEGREES_PER_PX)


class FollowPathDrag:
    """Moves the crosshair along the path, to the place beside the mouse."""

    def __init__(self, session: Session, event: PointerEvent, scene: Scene, curve: Curve) -> None:
        self._scene = scene
        self._curve = curve

    def move(self, event: PointerEvent) -> None:
        """Follow the mouse."""
        if event.position_mm is not None:
            self._scene.move_cursor(self._curve.at(self._curve.nearest(event.position_mm)))

    def release(self, event: PointerEvent) -> None:
        """Follow the last step."""
        self.move(event)


def curved_drag(session: Session, event: PointerEvent) -> Callable[[Session, PointerEvent], Drag]:
    """Return what a press of the left button does: turns with Shift, takes the marker, else what the tool does."""
    if event.shift:
        return TurnCurveDrag
    scene = session.scene_in(event.pane)
    path = path_in_view(session, scene) if scene is not None else None
    curve = path_curve(path, scene) if scene is not None and path is not None else None
    if scene is None or curve is None:
        return _TOOLS.get(session.tool, CrosshairDrag)
    if session.tool == "scroll" or _is_on_marker(scene, curve, event):
        return partial(FollowPathDrag, scene=scene, curve=curve)
    return _TOOLS.get(session.tool, CrosshairDrag)


def wheel_along(session: Session, event: PointerEvent) -> None:
    """Go along the path by a mm a notch, ten with Shift; away from the person is towards its beginning."""
    go_along(session, event.pane, -event.wheel_steps * _STEP_MM * (10.0 if event.shift else 1.0))


def turn_curve(session: Session, pane: str, degrees: float) -> None:
    """Turn the surface of a curved reformat about its path."""
    viewport = session.viewports[pane]
    viewport.update(curve_angle_deg=(viewport.curve_angle_deg + degrees + 180.0) % 360.0 - 180.0)


def _is_on_marker(scene: Scene, curve: Curve, event: PointerEvent) -> bool:
    if event.position_mm is None or event.steps_mm is None:
        return False
    mm_per_px = max(float(np.linalg.norm(step)) for step in event.steps_mm)
    apart = abs(curve.nearest(event.position_mm) - curve.nearest(scene.cursor_mm))
    return apart <= _MARKER_PX * mm_per_px
