"""A measurement that is being drawn, from its first place to its last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary, ref

import numpy as np

from medview.imaging.pane_frame import PaneFrame
from medview.session.measure import add_measurement
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement, MeasurementKind
from medview.tools.measure_reshape import image_name
from medview.tools.measure_shape import CLICKS, measure_shape
from medview.tools.pointer import PointerEvent

_CLICK_PX = 4.0  # a press that moves less is a click
_CLOSE_PX = 9.0  # from the first corner: there a click closes a polygon
_STEP_PX = 2.0  # between the corners of a freehand line
_LEAST_PX = 2.0  # what is smaller was a slip of the hand
_drawings: WeakKeyDictionary[Session, MeasureDrawing] = WeakKeyDictionary()


def drawing_of(session: Session) -> MeasureDrawing | None:
    """Return what is being drawn in a session."""
    return _drawings.get(session)


def start_drawing(session: Session, scene: Scene, kind: MeasurementKind, event: PointerEvent) -> MeasureDrawing:
    """Begin a measurement where the mouse is, in place of what was being drawn."""
    end_drawing(session)
    drawing = _drawings[session] = MeasureDrawing(session, scene, kind, event)
    return drawing


def end_drawing(session: Session) -> bool:
    """Give up what is being drawn; returns whether there was something."""
    drawing = _drawings.pop(session, None)
    if drawing is not None:
        drawing.put_away()
    return drawing is not None


class MeasureDrawing:
    """A measurement while it comes into being: drawn by dragging, or by clicking places one after the other.

    It is the draft of its study's list until it is finished. It is given up when another tool is taken or the series
    is no longer on the screen.
    """

    def __init__(self, session: Session, scene: Scene, kind: MeasurementKind, event: PointerEvent) -> None:
        assert event.frame is not None
        self.kind = kind
        self.pane = event.pane
        self.scene = scene
        self.frame: PaneFrame = event.frame
        self._session = ref(session)  # the drawing is kept by its session
        self._tool = session.tool
        self._places: list[FloatArray] = []
        self._live: FloatArray | None = None
        self._pressed: PointerEvent | None = None
        self._is_line_begun = False
        session.display_changed.connect(self._check)
        session.scene_changed.connect(self._check)

    @property
    def is_polygon(self) -> bool:
        """Whether corners are added until a person closes it."""
        return self.kind == "polygon"

    def is_here(self, event: PointerEvent) -> bool:
        """Whether the mouse is in the plane that is drawn on."""
        same = event.frame is not None and event.pane == self.pane and event.frame.slice_index == self.frame.slice_index
        return same and bool(abs(self.frame.depth(self._point(event))[0]) < self.frame.reach_mm)

    def press(self, event: PointerEvent) -> None:
        """Put a place where the mouse is; it can be shifted until the button is let go."""
        self.frame = event.frame or self.frame  # zoomed or moved meanwhile, the plane is the same
        self._pressed, self._live = event, self._point(event)
        if self.kind == "freehand":
            self._places.append(self._live)
        elif self._begins_line():
            self._places.append(self._live)
            self._is_line_begun = True
        self._show()

    def follow(self, event: PointerEvent) -> None:
        """Let the next place follow the mouse, with the button down or up."""
        self.frame = event.frame or self.frame
        self._live = self._point(event)
        if self.kind == "freehand" and self._is_farther(self._places[-1], self._live, _STEP_PX):
            self._places.append(self._live)
        self._show()

    def release(self, event: PointerEvent) -> None:
        """Fix the place; a drag from a first place fixes two."""
        if self._pressed is None:
            return
        is_drag = np.hypot(*np.subtract(event.position_px, self._pressed.position_px)) >= _CLICK_PX
        self._live, self._pressed = self._point(event), None
        begun, self._is_line_begun = self._is_line_begun, False
        if self.kind == "freehand":
            if is_drag or len(self._places) > 2:
                self.finish()
            return
        if not begun and self._closes(event):
            self.finish()
            return
        if is_drag or not begun:
            self._places.append(self._live)
        if len(self._places) == CLICKS[self.kind]:
            self.finish()
        else:
            self._show()

    def finish(self) -> None:
        """Add what has been drawn to its study, where it is enough for a measurement; else give it up."""
        session = self._session()
        if session is None:
            return
        made = self._made(self._places) if self._is_enough() else None
        end_drawing(session)
        if made is None:
            return
        if self.kind in ("text", "calibration"):
            self.scene.study.measurements.set_draft(made)  # seen while the words are typed
            session.focus.ask(self.scene.study, made)
        else:
            add_measurement(self.scene.study, made)
            session.focus.select(made.tracking_uid)
        if not session.settings["measure_tool_stays"]:
            session.choose(tool="window_level")

    def take_back(self) -> None:
        """Take the last place away; with the first one the drawing."""
        session = self._session()
        if self._places:
            self._places.pop()
        if not self._places and session is not None:
            end_drawing(session)
        else:
            self._show()

    def put_away(self) -> None:
        """Let go of the session and take the draft off the images."""
        session = self._session()
        if session is not None:
            session.display_changed.disconnect(self._check, missing_ok=True)
            session.scene_changed.disconnect(self._check, missing_ok=True)
        self.scene.study.measurements.set_draft(None)

    def _check(self) -> None:
        """Give up where another tool is taken, or the pane shows other images."""
        session = self._session()
        if session is not None and (session.tool != self._tool or session.scene_in(self.pane) is not self.scene):
            end_drawing(session)

    def _begins_line(self) -> bool:
        """Whether a drag from here draws a line, so that press and release are two places."""
        count = len(self._places)
        return (count == 0 and CLICKS[self.kind] != 1) or (self.kind == "cobb" and count == 2)

    def _closes(self, event: PointerEvent) -> bool:
        if not self.is_polygon or len(self._places) < 3:
            return False
        return not self._is_farther(self._places[0], self._point(event), _CLOSE_PX)

    def _is_enough(self) -> bool:
        """Whether there are all places, and they are not one."""
        count, wanted = len(self._places), CLICKS[self.kind] or 3
        if count < wanted:
            return False
        reach = max((self._px(self._places[0], place) for place in self._places), default=0.0)
        return wanted == 1 or reach >= _LEAST_PX

    def _show(self) -> None:
        """Make the draft of the places fixed and the one under the mouse."""
        places = [*self._places, self._live] if self._live is not None else self._places
        if places:
            self.scene.study.measurements.set_draft(self._made(places))

    def _made(self, places: Sequence[FloatArray]) -> Measurement:
        before = self.scene.study.measurements.draft
        geometry, number = self.scene.volume.geometry, self.frame.slice_index
        made = Measurement(
            self.kind,
            measure_shape(self.kind, places, self.frame),
            self.scene.series.key,
            self.scene.study.facts.study_instance_uid,
            image_name(self.scene, number) if number is not None else None,
            self.frame.normal,
            geometry.frame_of_reference_uid,
        )
        return made if before is None else replace(made, tracking_uid=before.tracking_uid)

    def _point(self, event: PointerEvent) -> FloatArray:
        return self.frame.to_mm(*event.position_px) if event.position_mm is None else event.position_mm

    def _px(self, one: FloatArray, other: FloatArray) -> float:
        """Return how many pixels of the pane two places lie apart."""
        return float(np.linalg.norm(np.subtract(*self.frame.to_pane([one, other]))))

    def _is_farther(self, one: FloatArray, other: FloatArray, px: float) -> bool:
        return self._px(one, other) > px
