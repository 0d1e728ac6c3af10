"""The crosshair under the mouse: its handles turn the other planes, its lines move them, dashed ones thicken a slab."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medview.imaging.crosshair_handles import HANDLE_PX, handle_places
from medview.imaging.oblique import cross
from medview.imaging.plane import PlaneName
from medview.imaging.turned_planes import TurnedPlanes
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.set_slab import set_slab_of_plane
from medview.session.turn_planes import crossing_planes, remember_turn, why_not
from medview.study.geometry import FloatArray
from medview.tools.drag import Drag
from medview.tools.pointer import PointerEvent

_TOOLS = ("window_level", "pan", "zoom", "scroll", "crosshair")  # what is drawn with must not take a line by mistake
_LINE_PX = 4.0
_CLICK_PX = 3.0
_OPEN_PX = 12.0  # about the crosshair, where lines of all directions meet
_Point = NDArray[np.float64]


@dataclass(frozen=True)
class Grip:
    """What of the crosshair lies under the mouse.

    Attributes
    ----------
    kind
        "turn" is a handle, "move" a line, "slab" the dashed line of a slab's face.
    plane
        Whose line it is.
    """

    kind: Literal["turn", "move", "slab"]
    plane: PlaneName


@dataclass(frozen=True, eq=False)
class CrossingLine:
    """Where another plane cuts the one in a pane.

    Attributes
    ----------
    centre
        (x, y) of the crosshair in the pane.
    along
        (x, y) unit vector of the line on the screen.
    across_mm
        LPS unit vector in the pane's plane, at right angles to the line.
    slab_mm
        Thickness of the other plane's slab; 0 for none.
    """

    plane: PlaneName
    centre: _Point
    along: _Point
    across_mm: FloatArray
    slab_mm: float
    mm_per_px: float

    def distance_px(self, at: _Point) -> float:
        """Return how far a pane point lies from the line."""
        offset = at - self.centre
        return abs(float(offset[0] * self.along[1] - offset[1] * self.along[0]))


def crossing_lines(session: Session, event: PointerEvent) -> tuple[CrossingLine, ...]:
    """Return the lines that cross the pane under the mouse."""
    scene = session.scene_in(event.pane)
    if scene is None or event.position_mm is None or event.steps_mm is None or not scene.crosshair_visible:
        return ()
    return tuple(_line(session, scene, event, plane) for plane in crossing_planes(session, event.pane))


def grip_at(session: Session, event: PointerEvent) -> Grip | None:
    """Return what of the crosshair a press of the left button would take, None where it is the tool's."""
    scene = session.scene_in(event.pane)
    if scene is None or session.tool not in _TOOLS:
        return None
    lines, at = crossing_lines(session, event), np.array(event.position_px)
    if why_not(scene) is None:
        for line in lines:
            places = handle_places(line.centre, line.along, event.pane_size_px)
            if any(np.linalg.norm(at - place) <= HANDLE_PX + 3.0 for place in places):
                return Grip("turn", line.plane)
    if lines and np.linalg.norm(at - lines[0].centre) < _OPEN_PX:
        return None
    near = [(line.distance_px(at), Grip("move", line.plane)) for line in lines]
    for line in lines:
        if line.slab_mm > 0:
            face = abs(line.distance_px(at) - line.slab_mm / 2.0 / line.mm_per_px)
            near.append((face + 0.5, Grip("slab", line.plane)))  # of a thin slab the line itself is taken
    best = min(near, key=lambda one: one[0], default=None)
    return best[1] if best is not None and best[0] <= _LINE_PX else None


def grip_drag(session: Session, event: PointerEvent) -> Callable[[Session, PointerEvent], Drag] | None:
    """Return the drag of what lies under the mouse, None where nothing of the crosshair does."""
    grip = grip_at(session, event)
    if grip is None:
        return None
    if grip.kind == "turn":
        return TurnDrag
    return MoveLineDrag if grip.kind == "move" else SlabDrag


class TurnDrag:
    """Turns the planes of the other panes about the crosshair, in the pane where a handle is dragged."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        scene = session.scene_in(event.pane)
        assert scene is not None
        self._scene = scene
        self._plane = session.viewports[event.pane].plane(scene)
        self._before = scene.turned_planes, scene.cursor_mm
        self._start = scene.turned_planes or TurnedPlanes.acquired(scene.volume.geometry)
        self._last = self._angle(event)
        self._turned = 0.0

    def move(self, event: PointerEvent) -> None:
        """Turn with the mouse; with Shift by whole steps of 5 degrees. Other images may have come into the pane."""
        if event.position_mm is None:
            return
        angle = self._angle(event)
        self._turned += (angle - self._last + 180.0) % 360.0 - 180.0
        self._last = angle
        degrees = 5.0 * round(self._turned / 5.0) if event.shift else self._turned
        self._scene.turn(self._start.turned_in(self._plane, degrees), self._before[1])

    def release(self, event: PointerEvent) -> None:
        """Keep the turn as one step to undo; a press without a turn is none."""
        if self._turned:
            self.move(event)
            remember_turn(self._scene, self._before, "Turn the planes")

    def _angle(self, event: PointerEvent) -> float:
        """Return the direction from the crosshair to the mouse: degrees in the plane, clockwise about its normal."""
        assert event.position_mm is not None
        right, down = self._start.axes(self._plane)
        offset = event.position_mm - self._before[1]
        return float(np.rad2deg(np.arctan2(offset @ down, offset @ right)))


class MoveLineDrag:
    """Moves one plane in parallel by its line; the other planes stay.

    A click with the crosshair's tool puts the crosshair where the mouse is, as it does beside the line.
    """

    def __init__(self, session: Session, event: PointerEvent) -> None:
        scene, grip = session.scene_in(event.pane), grip_at(session, event)
        assert scene is not None
        assert grip is not None
        assert event.position_mm is not None
        self._scene = scene
        self._across = next(line.across_mm for line in crossing_lines(session, event) if line.plane == grip.plane)
        self._from_mm, self._cursor_mm = event.position_mm, scene.cursor_mm
        self._from_px = event.position_px
        self._is_click = session.tool == "crosshair"

    def move(self, event: PointerEvent) -> None:
        """Follow the mouse, across the line."""
        far = float(np.hypot(*np.subtract(event.position_px, self._from_px)))
        self._is_click = self._is_click and far < _CLICK_PX
        if event.position_mm is not None:
            way = float((event.position_mm - self._from_mm) @ self._across)
            self._scene.move_cursor(self._cursor_mm + way * self._across)

    def release(self, event: PointerEvent) -> None:
        """Stay; a click goes to its place."""
        self.move(event)
        if self._is_click and event.position_mm is not None:
            self._scene.move_cursor(event.position_mm)


class SlabDrag:
    """Thickens the slab of another pane by one of its faces."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        grip = grip_at(session, event)
        assert grip is not None
        self._session, self._plane = session, grip.plane
        self._slot = session.viewports[event.pane].slot

    def move(self, event: PointerEvent) -> None:
        """Put the face under the mouse; the slab stays centred on its plane."""
        for line in crossing_lines(self._session, event):
            if line.plane == self._plane:
                thickness = 2.0 * line.distance_px(np.array(event.position_px)) * line.mm_per_px
                set_slab_of_plane(self._session, self._slot, self._plane, thickness)

    def release(self, event: PointerEvent) -> None:
        """Follow the last step."""
        self.move(event)


def _line(session: Session, scene: Scene, event: PointerEvent, plane: PlaneName) -> CrossingLine:
    assert event.position_mm is not None
    assert event.steps_mm is not None
    right, down = event.steps_mm
    to_px = np.stack([right / (right @ right), down / (down @ down)])  # they are at right angles
    normal = cross(right, down)
    normal /= math.sqrt(normal @ normal)
    along_mm = cross(normal, scene.plane_normal(plane))
    along_mm /= math.sqrt(along_mm @ along_mm)
    along = to_px @ along_mm
    centre = np.array(event.position_px) + to_px @ (scene.cursor_mm - event.position_mm)
    slot = session.viewports[event.pane].slot
    thick = [v.slab_mm for v in session.of_slot(slot) if v.is_flat and v.plane(scene) == plane]
    mm_per_px = 1.0 / float(np.linalg.norm(along))
    across = cross(along_mm, normal)
    return CrossingLine(plane, centre, along * mm_per_px, across, max(thick, default=0.0), mm_per_px)
