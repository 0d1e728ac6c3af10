"""Which tool answers which button; what the panes call."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from medview.session.session import Session
from medview.session.set_slab import thicken_slab
from medview.tools.brush import BrushDrag, EraserDrag
from medview.tools.drag import Drag
from medview.tools.draw_path import DrawPathDrag
from medview.tools.follow_path import curved_drag, wheel_along
from medview.tools.handles import HandleDrag
from medview.tools.magnify import MagnifyDrag
from medview.tools.measuring import MEASURE_TOOLS, MeasureDrag, measuring_drag
from medview.tools.measuring import give_up as give_up_drawing
from medview.tools.navigate import CrosshairDrag, PanDrag, ScrollDrag, ZoomDrag, scroll, zoom_by_wheel
from medview.tools.pointer import PointerEvent
from medview.tools.region_window import RegionWindowDrag
from medview.tools.rotate_planes import grip_drag
from medview.tools.split import SplitDrag, is_on_split
from medview.tools.stack_bar import StackBarDrag, is_on_bar
from medview.tools.volume_drag import volume_tool
from medview.tools.window_level import WindowLevelDrag

TOOLS: dict[str, Callable[[Session, PointerEvent], Drag]] = {
    "window_level": WindowLevelDrag,
    "pan": PanDrag,
    "zoom": ZoomDrag,
    "scroll": ScrollDrag,
    "crosshair": CrosshairDrag,
    "region_window": RegionWindowDrag,
    "magnify": MagnifyDrag,
    "draw_path": DrawPathDrag,
    "brush": BrushDrag,
    "eraser": EraserDrag,
    **dict.fromkeys(MEASURE_TOOLS, MeasureDrag),
}
FLAT_TOOLS = ("window_level", "pan", "zoom", "scroll", "crosshair")  # what a button can be given besides the left one
_PAINTING = ("brush", "eraser")
_drags: WeakKeyDictionary[Session, Drag] = WeakKeyDictionary()


def press(session: Session, event: PointerEvent) -> None:
    """Begin a drag: left is the active tool (3D: rotate), the others what the settings give them: pan and zoom."""
    session.choose(active_pane=event.pane)
    if session.scene_in(event.pane) is not None and event.button != "none":
        _drags[session] = _tool(session, event)(session, event)


def move(session: Session, event: PointerEvent) -> None:
    """Follow the mouse while a button is down."""
    drag = _drags.get(session)
    if drag is not None:
        drag.move(event)


def release(session: Session, event: PointerEvent) -> None:
    """End the drag."""
    drag = _drags.pop(session, None)
    if drag is not None:
        drag.release(event)


def hover(session: Session, pane: str, at_px: tuple[float, float]) -> None:
    """Let a lens that is held follow the mouse without a button, also into another pane."""
    held = [viewport for viewport in session.viewports.values() if viewport.lens_px is not None]
    if not held or session in _drags:
        return
    for viewport in held:
        if viewport.pane != pane:
            viewport.update(lens_px=None)
    session.viewports[pane].update(lens_px=at_px)


def wheel(session: Session, event: PointerEvent) -> None:
    """Scroll one image a notch, ten with Shift, zoom with Ctrl and in 3D. Away from the person is towards index 0."""
    if session.scene_in(event.pane) is None:
        return
    kind = session.viewports[event.pane].kind
    if event.control and event.shift and kind != "volume":
        thicken_slab(session, event.pane, event.wheel_steps)
        return
    if kind == "curved" and not event.control:
        wheel_along(session, event)
        return
    if event.control != (session.settings["mouse_wheel"] == "zoom") or not session.viewports[event.pane].is_flat:
        zoom_by_wheel(session, event)
        return
    scroll(session, event.pane, -round(event.wheel_steps) * (10 if event.shift else 1))


def give_up(session: Session) -> bool:
    """Give up the measurement that is being drawn or dragged; returns whether there was one."""
    drag = _drags.get(session)
    if isinstance(drag, HandleDrag):
        drag.give_up()
        return True
    return give_up_drawing(session)


def wants_exact_place(session: Session) -> bool:
    """Whether each press of the active tool counts by itself, so that two of them are no double click."""
    return cursor_radius_mm(session) is not None or session.tool in (*MEASURE_TOOLS, "draw_path")


def only_looks(session: Session) -> bool:
    """Whether the active tool changes nothing and draws nothing: a click with it may choose what lies under it."""
    return session.tool in FLAT_TOOLS


def cursor_radius_mm(session: Session) -> float | None:
    """Return the radius of the ring to draw at the mouse, or None where the active tool has none."""
    if session.scene is None or session.tool not in _PAINTING:
        return None
    return float(session.settings["brush_radius_mm"])


def _tool(session: Session, event: PointerEvent) -> Callable[[Session, PointerEvent], Drag]:
    is_flat = session.viewports[event.pane].is_flat
    if event.button in ("middle", "right"):
        chosen = str(session.settings[f"mouse_{event.button}"]) if is_flat else ""
        return TOOLS[chosen] if chosen in FLAT_TOOLS else (PanDrag if event.button == "middle" else ZoomDrag)
    if session.viewports[event.pane].kind == "volume":
        return volume_tool(session, event)
    if session.viewports[event.pane].kind == "curved":
        return curved_drag(session, event)
    if is_on_bar(session, event):
        return StackBarDrag
    if is_on_split(session, event):
        return SplitDrag
    # what has been measured is taken hold of with any tool that does not paint
    held = None if event.control or session.tool in _PAINTING else measuring_drag(session, event)
    if held is not None:
        return held
    taken = None if event.control else grip_drag(session, event)
    if taken is not None:
        return taken
    # Ctrl draws the window's rectangle with any tool that only looks
    return RegionWindowDrag if event.control and session.tool in FLAT_TOOLS else TOOLS[session.tool]
