"""The line of a split pane under the mouse: dragging it shows more of one volume and less of the other."""

from __future__ import annotations

from medview.session.session import Session
from medview.tools.drag import StepDrag
from medview.tools.pointer import PointerEvent

_NEAR_PX = 5.0
_TOOLS = ("window_level", "pan", "zoom", "scroll", "crosshair")  # what is drawn with must not take the line by mistake


def is_on_split(session: Session, event: PointerEvent) -> bool:
    """Whether a press of the left button would take the line between two volumes."""
    scene = session.scene_in(event.pane)
    if scene is None or scene.fusion is None or scene.fusion.mode != "split" or session.tool not in _TOOLS:
        return False
    axis = 0 if scene.fusion.split_direction == "beside" else 1
    at = scene.fusion.split_at * event.pane_size_px[axis]
    return session.viewports[event.pane].is_flat and abs(event.position_px[axis] - at) <= _NEAR_PX


class SplitDrag(StepDrag):
    """Moves the line with the mouse, in all panes of the scene."""

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Put the line where the mouse is, within the pane."""
        scene = self.session.scene_in(self.pane)
        if scene is None or scene.fusion is None:
            return
        axis = 0 if scene.fusion.split_direction == "beside" else 1
        at = event.position_px[axis] / max(event.pane_size_px[axis], 1)
        scene.update(fusion=scene.fusion.changed(split_at=min(max(at, 0.02), 0.98)))
