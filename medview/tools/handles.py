"""Taking hold of measurements with the mouse: their points, their lines, their texts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from medview.imaging.placed_measurement import PlacedMeasurement, placed_measurement
from medview.session.measure import replace_measurement
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement
from medview.tools.measure_reshape import moved, with_point_at
from medview.tools.pointer import PointerEvent

_HANDLE_PX = 8.0
_LINE_PX = 5.0
_CLICK_PX = 3.0


@dataclass(frozen=True, eq=False)
class Hold:
    """What the mouse can take hold of.

    Attributes
    ----------
    handle
        Which point of the measurement; None for its line or its text.
    is_text
        Whether it is the text.
    """

    measurement: Measurement
    handle: int | None = None
    is_text: bool = False


def hold_at(session: Session, event: PointerEvent) -> Hold | None:
    """Return what of the measurements lies under the mouse: points before texts, those before lines."""
    scene, frame = session.scene_in(event.pane), event.frame
    if scene is None or frame is None:
        return None
    # what was drawn last lies on top; the points of what is selected come before all
    newest_first = scene.study.measurements.shown[::-1]
    selected = [m for m in newest_first if m.tracking_uid == session.focus.selected_uid]
    own = (m for m in dict.fromkeys((*selected, *newest_first)) if m.series_key == scene.series.key)
    placed = [p for m in own if (p := placed_measurement(m, scene.series, scene.volume.geometry, frame)) is not None]
    at = np.array(event.position_px)
    for one in placed:
        number = _handle_at(one, at)
        if number is not None:
            return Hold(one.measurement, number)
    for one in placed:
        if one.measurement.tracking_uid == event.text_uid:
            return Hold(one.measurement, is_text=one.measurement.kind != "text")  # a text goes with its words
    return next((Hold(one.measurement) for one in placed if _is_on_line(one, at)), None)


class HandleDrag:
    """Selects a measurement, and drags a point of it, its text or the whole; one step that can be undone.

    A click that moves nothing only selects.
    """

    def __init__(self, session: Session, event: PointerEvent, hold: Hold) -> None:
        scene = session.scene_in(event.pane)
        assert scene is not None
        self._scene: Scene = scene
        self._session = session
        self._pane = event.pane
        self._hold = hold
        self._from_px = event.position_px
        self._from_mm = event.position_mm
        self._text_px = event.text_px
        self._is_moving = False
        self._is_over = False
        session.focus.select(hold.measurement.tracking_uid)

    def move(self, event: PointerEvent) -> None:
        """Show the measurement as it would be."""
        far = np.hypot(*np.subtract(event.position_px, self._from_px)) >= _CLICK_PX
        self._is_moving = self._is_moving or bool(far)
        if self._session.scene_in(self._pane) is not self._scene:
            self.give_up()
        if self._is_moving and not self._is_over:
            self._scene.study.measurements.set_draft(self._changed(event))

    def release(self, event: PointerEvent) -> None:
        """Remember the change."""
        self.move(event)
        if self._is_moving and not self._is_over:
            changed = self._changed(event)
            title = "Move text" if self._hold.is_text else "Move measurement"
            title = "Move handle" if self._hold.handle is not None else title
            replace_measurement(self._scene.study, changed, title)

    def give_up(self) -> None:
        """Leave the measurement as it was."""
        self._is_over = True
        self._scene.study.measurements.set_draft(None)

    def _changed(self, event: PointerEvent) -> Measurement:
        measurement, frame = self._hold.measurement, event.frame
        if event.position_mm is None or self._from_mm is None or frame is None:
            return measurement
        by_mm = event.position_mm - self._from_mm
        if self._hold.is_text:
            return self._with_text(measurement, by_mm, event)
        if self._hold.handle is None:
            return moved(measurement, by_mm, self._scene)
        return with_point_at(measurement, self._hold.handle, self._target(by_mm), self._scene)

    def _target(self, by_mm: FloatArray) -> FloatArray:
        """Return where the point goes: by as much as the mouse, so that it does not jump to its tip."""
        assert self._hold.handle is not None
        target: FloatArray = self._hold.measurement.points_mm[self._hold.handle] + by_mm
        return target

    def _with_text(self, measurement: Measurement, by_mm: FloatArray, event: PointerEvent) -> Measurement:
        """Return the measurement with its text moved: from where the text was drawn."""
        assert event.frame is not None
        offset = measurement.text_offset_mm
        if offset is None:
            offset = event.frame.to_mm(*(self._text_px or self._from_px)) - measurement.centre_mm
        return replace(measurement, text_offset_mm=offset + by_mm)


def _handle_at(placed: PlacedMeasurement, at: FloatArray) -> int | None:
    """Return the nearest point within reach of the mouse."""
    if not len(placed.handles):
        return None
    distance = np.linalg.norm(placed.handles - at, axis=1)
    nearest = int(np.argmin(distance))
    return placed.handle_numbers[nearest] if distance[nearest] <= _HANDLE_PX else None


def _is_on_line(placed: PlacedMeasurement, at: FloatArray) -> bool:
    if len(placed.crossings) and np.linalg.norm(placed.crossings - at, axis=1).min() <= _HANDLE_PX:
        return True
    return any(_distance(line, at) <= _LINE_PX for line in placed.lines if len(line) > 1)


def _distance(line: FloatArray, at: FloatArray) -> float:
    """Return how far a point lies from a line of many parts, in pixels."""
    start, step = line[:-1], line[1:] - line[:-1]
    length = np.maximum((step * step).sum(axis=1), 1e-12)
    share = np.clip(((at - start) * step).sum(axis=1) / length, 0.0, 1.0)[:, None]
    return float(np.linalg.norm(start + share * step - at, axis=1).min())
