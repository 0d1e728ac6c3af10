"""What the left button does in a 3D pane: turn, pick, pull the handles of the clip box, move the transfer function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import exp, hypot

from medview.imaging.clip_handles import ClipHandle, clip_handles, pulled
from medview.imaging.turn import turned
from medview.imaging.volume_cut import VolumeCut
from medview.imaging.volume_look import VolumeLook
from medview.session.change_look import remember_look
from medview.session.pick_in_volume import pick_in_volume
from medview.session.session import Session
from medview.session.volume_camera import volume_camera
from medview.session.volume_looks import function_in_use
from medview.tools.drag import Drag, StepDrag
from medview.tools.pointer import PointerEvent

_DEGREES_PER_PX = 0.5
_CLICK_PX = 3.0
_REACH_PX = 11.0  # of a handle
_SHIFT_PER_PX = 1 / 400  # of the width of the function
_STRETCH_PER_PX = 0.005


class RotateDrag(StepDrag):
    """Turns the body as if it was a ball in the hand; a click without a drag moves the crosshair to what is seen."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        super().__init__(session, event)
        self._pressed = event.position_px
        self._is_click = True

    def move(self, event: PointerEvent) -> None:
        """Begin to turn once the mouse has moved a little."""
        if self._is_click and _far(self._pressed, event.position_px) <= _CLICK_PX:
            return
        self._is_click = False
        super().move(event)

    def release(self, event: PointerEvent) -> None:
        """Pick where it was a click."""
        self.move(event)
        if self._is_click:
            pick_in_volume(self.session, self.pane, event.position_px, event.pane_size_px)

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Turn the camera against the mouse, so that the body follows it."""
        viewport = self.session.viewports[self.pane]
        before = (viewport.azimuth_deg, viewport.elevation_deg, viewport.roll_deg)
        azimuth, elevation, roll = turned(before, right * _DEGREES_PER_PX, down * _DEGREES_PER_PX)
        viewport.update(azimuth_deg=azimuth, elevation_deg=elevation, roll_deg=roll)


class RollDrag(StepDrag):
    """Turns the picture in its own plane, about the middle of the pane."""

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Turn by what the mouse went around the middle."""
        x, y = event.position_px[0] - event.pane_size_px[0] / 2, event.position_px[1] - event.pane_size_px[1] / 2
        around = (right * y - down * x) / max(hypot(x, y), 20.0) ** 2
        viewport = self.session.viewports[self.pane]
        before = (viewport.azimuth_deg, viewport.elevation_deg, viewport.roll_deg)
        azimuth, elevation, roll = turned(before, 0.0, 0.0, around * 180 / 3.14159265)
        viewport.update(azimuth_deg=azimuth, elevation_deg=elevation, roll_deg=roll)


class PickDrag(StepDrag):
    """Moves the crosshair over what is seen, at once on the press."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        super().__init__(session, event)
        self.step(0.0, 0.0, event)

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Put the crosshair on what is seen under the mouse."""
        pick_in_volume(self.session, self.pane, event.position_px, event.pane_size_px)


class _LookDrag(StepDrag):
    """A drag that changes the look of the volume; its end is one step that can be undone."""

    title = ""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        super().__init__(session, event)
        self._before: VolumeLook = session.viewports[self.pane].look

    def release(self, event: PointerEvent) -> None:
        """Remember what the drag has changed."""
        super().release(event)
        remember_look(self.session, self.pane, self.title, self._before)


class FunctionDrag(_LookDrag):
    """Moves the whole transfer function: to the right towards higher values, up to spread it."""

    title = "Change 3D look"

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Shift and stretch by the step."""
        scene, viewport = self.session.scene_in(self.pane), self.session.viewports[self.pane]
        if scene is None:
            return
        function = function_in_use(viewport.look, scene.series.modality)
        points = [value for value, _ in function.opacity] + [point[0] for point in function.colours]
        width = max(points) - min(points) or 1.0
        changed = function.shifted(right * width * _SHIFT_PER_PX)
        changed = changed.stretched(exp(-down * _STRETCH_PER_PX), changed.middle)
        viewport.update(look=replace(viewport.look, function=changed))


class ClipDrag(_LookDrag):
    """Pulls a handle of the clip box or of the clip plane."""

    title = "Clip the volume"

    def __init__(self, session: Session, event: PointerEvent, handle: ClipHandle) -> None:
        super().__init__(session, event)
        self._handle = handle

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Move what the handle belongs to."""
        scene, viewport = self.session.scene_in(self.pane), self.session.viewports[self.pane]
        clipping = viewport.look.clipping
        if scene is None or clipping is None:
            return
        geometry, size = scene.volume.geometry, event.pane_size_px
        camera = volume_camera(viewport, geometry, size)
        moved = pulled(clipping, self._handle, (right, down), geometry, camera, size)
        viewport.update(look=replace(viewport.look, clipping=moved))


class CutDrag:
    """Draws a loop; what lies inside it is cut away from the view, or what lies outside."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        self._session = session
        self._pane = event.pane
        self.move(event)

    def move(self, event: PointerEvent) -> None:
        """Go on with the loop."""
        viewport = self._session.viewports[self._pane]
        if viewport.loop is not None:
            viewport.update(loop=replace(viewport.loop, points_px=(*viewport.loop.points_px, event.position_px)))

    def release(self, event: PointerEvent) -> None:
        """Cut; a loop that encloses nothing cuts nothing."""
        scene, viewport = self._session.scene_in(self._pane), self._session.viewports[self._pane]
        loop, before = viewport.loop, viewport.look
        if loop is None or scene is None:
            return
        size = event.pane_size_px
        cut = VolumeCut.of(loop, volume_camera(viewport, scene.volume.geometry, size), size)
        cuts = before.cuts if cut is None else (*before.cuts, cut)
        viewport.update(loop=None, look=replace(before, cuts=cuts))
        remember_look(self._session, self._pane, "Cut tissue away", before)


def volume_tool(session: Session, event: PointerEvent) -> Callable[[Session, PointerEvent], Drag]:
    """Return what the left button does at a point of a 3D pane.

    A loop that was asked for is drawn; a handle is pulled; Shift moves the transfer function, Ctrl rolls the picture;
    the crosshair tool moves the crosshair over what is seen, and every other tool turns.
    """
    if session.viewports[event.pane].loop is not None:
        return CutDrag
    handle = handle_at(session, event.pane, event.position_px, event.pane_size_px)
    if handle is not None:
        return lambda session, event: ClipDrag(session, event, handle)
    if event.shift:
        return FunctionDrag
    if event.control:
        return RollDrag
    return PickDrag if session.tool == "crosshair" else RotateDrag


def handle_at(session: Session, pane: str, at_px: tuple[float, float], size: tuple[int, int]) -> ClipHandle | None:
    """Return the handle of the clip box or plane at a point of a pane, the nearest one; None where there is none."""
    scene, viewport = session.scene_in(pane), session.viewports[pane]
    look = viewport.look
    if scene is None or look.clipping is None or not look.clip_handles:
        return None
    geometry = scene.volume.geometry
    handles = clip_handles(look.clipping, geometry, volume_camera(viewport, geometry, size), size)
    # of handles that lie over each other the plane's, which come last, are taken
    nearest = min(reversed(handles), key=lambda handle: _far(handle.at_px, at_px))
    return nearest if _far(nearest.at_px, at_px) <= _REACH_PX else None


def _far(a: tuple[float, float], b: tuple[float, float]) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])
