"""Pan, zoom, scroll through slices, move the crosshair, turn the 3D view."""

from __future__ import annotations

import math

import numpy as np

from medview.imaging.plane import SlicePlane
from medview.session.plane_steps import go_to_step, plane_step
from medview.session.play import pause_for
from medview.session.scene import Scene
from medview.session.session import Session
from medview.tools.drag import StepDrag
from medview.tools.pointer import PointerEvent

_ZOOM_PER_PX = 0.007
_ZOOM_PER_NOTCH = 0.15
_ZOOM_RANGE = (0.1, 40.0)


class PanDrag(StepDrag):
    """Moves the image in its pane."""

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Move the image with the mouse."""
        viewport = self.session.viewports[self.pane]
        viewport.update(pan_px=(viewport.pan_px[0] + right, viewport.pan_px[1] + down))


class ZoomDrag(StepDrag):
    """Magnifies about the point where the drag began: up is larger."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        super().__init__(session, event)
        self._about = from_middle(event)

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Magnify by the step upwards."""
        zoom(self.session, self.pane, math.exp(-down * _ZOOM_PER_PX), self._about)


class ScrollDrag(StepDrag):
    """Scrolls through the slices: the whole stack over three quarters of the pane, but at least 3 px a slice."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        super().__init__(session, event)
        self._rest = 0.0

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Scroll by the step down."""
        count = slice_count(self.session, self.pane)
        if count is None:
            return
        self._rest += down / max(3.0, 0.75 * event.pane_size_px[1] / count)
        whole = int(self._rest)
        self._rest -= whole
        scroll(self.session, self.pane, whole)


class CrosshairDrag(StepDrag):
    """Moves the crosshair to the mouse, at once on the press, and all panes of its frame of reference to that point."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        super().__init__(session, event)
        self.step(0.0, 0.0, event)

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Put the crosshair where the mouse is."""
        scene = self.session.scene_in(self.pane)
        if scene is not None and event.position_mm is not None:
            scene.move_cursor(event.position_mm)
            self.session.links.point_out(self.session.viewports[self.pane].slot)


def zoom(session: Session, pane: str, factor: float, about_px: tuple[float, float] = (0.0, 0.0)) -> None:
    """Magnify a pane by a factor about a point, which stays where it is.

    Parameters
    ----------
    about_px
        From the middle of the pane: (right, down). The camera of a 3D pane has none but the middle.
    """
    viewport = session.viewports[pane]
    new = min(max(viewport.zoom * factor, _ZOOM_RANGE[0]), _ZOOM_RANGE[1])
    ratio = new / viewport.zoom
    (x, y), (pan_x, pan_y) = about_px if viewport.is_flat else (0.0, 0.0), viewport.pan_px
    viewport.update(zoom=new, pan_px=(x + (pan_x - x) * ratio, y + (pan_y - y) * ratio))


def zoom_by_wheel(session: Session, event: PointerEvent) -> None:
    """Magnify a pane by notches of the wheel, about the mouse."""
    zoom(session, event.pane, math.exp(event.wheel_steps * _ZOOM_PER_NOTCH), from_middle(event))


def from_middle(event: PointerEvent) -> tuple[float, float]:
    """Return where the mouse is, from the middle of the pane: (right, down)."""
    return event.position_px[0] - event.pane_size_px[0] / 2, event.position_px[1] - event.pane_size_px[1] / 2


def slice_count(session: Session, pane: str) -> int | None:
    """Return how many slices a pane scrolls through; None for 3D or with nothing open."""
    scene = session.scene_in(pane)
    if scene is None or not session.viewports[pane].is_flat:
        return None
    if scene.turned_planes is not None:
        return plane_step(scene, session.viewports[pane].plane(scene))[1]
    return _plane(session, pane, scene).slice_count


def slice_index(session: Session, pane: str) -> int:
    """Return the index of the slice a pane shows, from 0; 0 with nothing open."""
    scene = session.scene_in(pane)
    if scene is not None and scene.turned_planes is not None:
        return plane_step(scene, session.viewports[pane].plane(scene))[0]
    return 0 if scene is None else scene.cursor_index[_plane(session, pane, scene).axis]


def scroll(session: Session, pane: str, steps: int) -> None:
    """Move a pane by whole slices, towards higher indices for positive steps.

    Stops at the ends; where the settings say so, it goes on from the other end.
    """
    count = slice_count(session, pane)
    if not steps or count is None:
        return
    index = slice_index(session, pane) + steps
    go_to_slice(session, pane, index % count if session.settings["scroll_loops"] else index)


def go_to_slice(session: Session, pane: str, index: int) -> None:
    """Show slice `index` of a pane, or the nearest there is."""
    scene = session.scene_in(pane)
    if scene is None:
        return
    pause_for(session, scene)
    if scene.turned_planes is not None:
        go_to_step(scene, session.viewports[pane].plane(scene), index)
        return
    axis = _plane(session, pane, scene).axis
    position = np.array(scene.cursor_index)
    position[axis] = min(max(index, 0), scene.volume.geometry.shape[axis] - 1)
    scene.move_cursor(scene.volume.geometry.to_mm(position))


def _plane(session: Session, pane: str, scene: Scene) -> SlicePlane:
    return SlicePlane.of(scene.volume.geometry, session.viewports[pane].plane(scene))
