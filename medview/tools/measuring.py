"""What the mouse and the keys do to measurements, whichever tool is active."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from medview.errors import MedViewError
from medview.imaging.calibration import user_spacing
from medview.session.play import pause_for
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.measurement import REGION_KINDS, MeasurementKind
from medview.tools.drag import Drag
from medview.tools.draw_path import end_path, is_drawing_path
from medview.tools.handles import HandleDrag, hold_at
from medview.tools.measure_drawing import MeasureDrawing, drawing_of, end_drawing, start_drawing
from medview.tools.measure_shape import CLICKS
from medview.tools.pointer import PointerEvent

MEASURE_TOOLS: dict[str, MeasurementKind] = {f"measure_{kind}": kind for kind in CLICKS}
_OF_PIXELS = (*REGION_KINDS, "probe")


class MeasureDrag:
    """One press of the mouse with a measuring tool: begins a measurement, or puts the next place of one."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        self._session = session
        drawing = drawing_of(session)
        if drawing is None or not drawing.is_here(event):
            drawing = _begun(session, event)
        self._drawing = drawing
        if drawing is not None:
            drawing.press(event)

    def move(self, event: PointerEvent) -> None:
        """Let the place follow the mouse; not where another image has come into the pane meanwhile."""
        if self._is_drawn and self._current.is_here(event):
            self._current.follow(event)

    def release(self, event: PointerEvent) -> None:
        """Fix the place; on another image than it was begun on nothing is fixed, and the drawing is given up."""
        if not self._is_drawn:
            return
        if self._current.is_here(event):
            self._current.release(event)
        else:
            end_drawing(self._session)

    @property
    def _is_drawn(self) -> bool:
        """Whether the drawing has not been given up meanwhile."""
        return self._drawing is not None and drawing_of(self._session) is self._drawing

    @property
    def _current(self) -> MeasureDrawing:
        assert self._drawing is not None
        return self._drawing


def measuring_drag(session: Session, event: PointerEvent) -> Callable[[Session, PointerEvent], Drag] | None:
    """Return what a press of the left button does to measurements; None where it is the active tool's."""
    if event.frame is None:
        return None
    if session.tool in MEASURE_TOOLS and drawing_of(session) is not None:
        return MeasureDrag
    hold = hold_at(session, event)
    if hold is not None:
        return partial(HandleDrag, hold=hold)
    session.focus.select("")
    return None


def hover(session: Session, event: PointerEvent | None) -> None:
    """Follow the mouse while no button is down: with what is being drawn, or by pointing out what lies under it."""
    drawing = drawing_of(session)
    if drawing is not None:
        if event is not None and drawing.is_here(event):
            drawing.follow(event)
        return
    hold = hold_at(session, event) if event is not None else None
    session.focus.hover(hold.measurement.tracking_uid if hold else "", hold.handle if hold else None)


def double_press(session: Session, event: PointerEvent) -> bool:
    """Close the polygon that is being drawn, or ask for another name of what lies under the mouse; else False."""
    drawing = drawing_of(session)
    if drawing is not None and drawing.is_polygon:
        drawing.finish()
        return True
    if end_path(session):
        session.choose(tool="window_level")
        return True
    scene, hold = session.scene_in(event.pane), hold_at(session, event)
    if drawing is not None or hold is None or scene is None:
        return False
    session.focus.ask(scene.study, hold.measurement)
    return True


def finish(session: Session) -> None:
    """Close the polygon that is being drawn, or end the path."""
    drawing = drawing_of(session)
    if drawing is not None:
        drawing.finish()
    elif end_path(session):
        session.choose(tool="window_level")


def take_back(session: Session) -> None:
    """Take away the last place of what is being drawn."""
    drawing = drawing_of(session)
    if drawing is not None:
        drawing.take_back()


def is_drawing(session: Session) -> bool:
    """Whether a measurement is being drawn."""
    return drawing_of(session) is not None or is_drawing_path(session)


def give_up(session: Session) -> bool:
    """Give up what is being drawn, of a path all but what is there; returns whether there was something."""
    return end_drawing(session) or end_path(session)


def _begun(session: Session, event: PointerEvent) -> MeasureDrawing | None:
    """Begin a measurement, or say why that is not possible here."""
    scene, kind = session.scene_in(event.pane), MEASURE_TOOLS[session.tool]
    if scene is None:
        return None
    try:
        _check(session, scene, kind, event)
    except MedViewError as error:
        session.notices.add("warning", error.message, error.remedy)
        return None
    pause_for(session, scene)
    return start_drawing(session, scene, kind, event)


def _check(session: Session, scene: Scene, kind: MeasurementKind, event: PointerEvent) -> None:
    """Raise MedViewError where what is seen here cannot be measured in this way."""
    if event.frame is None:
        raise MedViewError("Nothing is measured in this view: it shows no plane.", "Measure in one of the planes.")
    if kind in _OF_PIXELS and session.viewports[event.pane].slab_mm > 0:
        raise MedViewError(
            "A slab shows many slices at once: its values are not those of a slice.", "Set the slab to one slice."
        )
    if kind != "calibration":
        return
    if event.frame.slice_index is None:
        raise MedViewError(
            "A calibration belongs to an image as it was acquired.", "Draw it in the plane of the images."
        )
    # a line of a hundred pixels is refused where every line would be
    user_spacing(scene.series, event.frame.slice_index, [(0.0, 0.0), (100.0, 0.0)], 10.0)
