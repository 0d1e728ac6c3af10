"""Drawing the path of a curved reformat: a click a point, in any plane and on any slice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary, ref

import numpy as np

from medview.session.measure import add_measurement, replace_measurement
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement
from medview.tools.pointer import PointerEvent

TOOL = "draw_path"
_SAME_PX = 2.0  # a second click of a double click adds no point


@dataclass(frozen=True, eq=False)
class _Open:
    """The path that the next click goes on with; `draft` alone holds its first point."""

    scene: ref[Scene]
    draft: Measurement
    last_px: tuple[float, float]


_open: WeakKeyDictionary[Session, _Open] = WeakKeyDictionary()


class DrawPathDrag:
    """One press of the mouse with the tool: the next point of the path, which can be shifted until it is let go.

    From the second point on each is a step that can be undone; points are taken hold of and moved like those of any
    measurement.
    """

    def __init__(self, session: Session, event: PointerEvent) -> None:
        scene = session.scene_in(event.pane)
        assert scene is not None
        self._session, self._scene = session, scene
        self._before = _path_so_far(session, scene)
        kept = _open.get(session)
        far = 99.0 if kept is None else float(np.hypot(*np.subtract(event.position_px, kept.last_px)))
        self._adds = event.position_mm is not None and (self._before is None or far > _SAME_PX)
        self.move(event)

    def move(self, event: PointerEvent) -> None:
        """Show the path with the point under the mouse."""
        if self._adds and event.position_mm is not None:
            self._scene.study.measurements.set_draft(self._with(event, event.position_mm))

    def release(self, event: PointerEvent) -> None:
        """Keep the point."""
        if not self._adds or event.position_mm is None:
            return
        made = self._with(event, event.position_mm)
        _open[self._session] = _Open(ref(self._scene), made, event.position_px)
        study = self._scene.study
        if self._before is None:
            study.measurements.set_draft(made)  # one point is no path yet
        elif study.measurements.find(made.tracking_uid) is None:
            add_measurement(study, made)
        else:
            replace_measurement(study, made, "Add point to path")
        self._session.focus.select(made.tracking_uid)

    def _with(self, event: PointerEvent, point_mm: FloatArray) -> Measurement:
        if self._before is None:
            return _begun(self._scene, event, point_mm)
        points = self._before.points_mm
        first = points[:1] if _is_one_point(points) else points
        return replace(self._before, points_mm=np.concatenate([first, point_mm[None]]))


def end_path(session: Session) -> bool:
    """End the path that is being drawn, so that the next click begins another; returns whether there was one."""
    kept = _open.pop(session, None)
    scene = kept.scene() if kept is not None else None
    if scene is not None:
        scene.study.measurements.set_draft(None)
    return kept is not None


def is_drawing_path(session: Session) -> bool:
    """Whether the next click goes on with a path."""
    return session in _open


def _path_so_far(session: Session, scene: Scene) -> Measurement | None:
    """Return the path that a click goes on with, as it is now: its points may have been moved, or undone."""
    kept = _open.get(session)
    if kept is None or kept.scene() is not scene:
        end_path(session)
        return None
    now = scene.study.measurements.find(kept.draft.tracking_uid)
    if now is None and not _is_one_point(kept.draft.points_mm):
        end_path(session)  # undone or deleted
        return None
    return now or kept.draft


def _is_one_point(points: FloatArray) -> bool:
    return len(points) == 2 and bool(np.array_equal(points[0], points[1]))


def _begun(scene: Scene, event: PointerEvent, point_mm: FloatArray) -> Measurement:
    """Return a path of one point, held twice: it lies in space, on no image alone."""
    assert event.steps_mm is not None
    normal = np.cross(*event.steps_mm)
    return Measurement(
        "path",
        np.stack([point_mm, point_mm]),
        scene.series.key,
        scene.study.facts.study_instance_uid,
        normal=normal / np.linalg.norm(normal),
        frame_of_reference_uid=scene.volume.geometry.frame_of_reference_uid,
    )
