"""The measurements of a series in a pane: their shapes, their handles, and what is written beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medview.errors import Sentence
from medview.imaging.findings import Findings
from medview.imaging.measure import figures
from medview.imaging.pane_frame import PaneFrame, reach_mm
from medview.imaging.placed_measurement import PlacedMeasurement, placed_measurement
from medview.session.measured import findings, fused_findings
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import FloatArray
from medview.study.image_index import ImagePlace
from medview.study.measurement import Measurement
from medview.study.study import Study
from medview.view.fusion_lines import pair_names
from medview.view.measurement_text import fused_lines, measurement_lines
from medview.view.slice_picture import SlicePicture

_LARGE_PX = 60_000  # pixels whose statistics take longer than a few milliseconds
_OF_ONE_SLICE = Sentence("values of one slice, not of the slab")
_NEEDS_ALL = ("angle", "cobb", "bidirectional")  # whose numbers mean nothing before the last place is there


@dataclass(frozen=True, eq=False)
class DrawnMeasurement:
    """One measurement in a pane.

    Attributes
    ----------
    placed
        Its shape and handles in device-independent pixels of the pane.
    texts
        Lines to be written beside it; none where only a part of it lies in the plane.
    text_at
        Where a person has moved the text: x and y of its upper left corner; None for beside the shape.
    is_selected, is_hovered, is_draft
        Which of them a person has chosen, points at, or is drawing.
    hovered_handle
        Which of its points lies under the mouse.
    """

    placed: PlacedMeasurement
    texts: tuple[Sentence | str, ...]
    text_at: tuple[float, float] | None
    is_selected: bool
    is_hovered: bool
    is_draft: bool
    hovered_handle: int | None

    @property
    def measurement(self) -> Measurement:
        """What is drawn."""
        return self.placed.measurement

    @property
    def points(self) -> FloatArray:
        """All points of its shape in the pane, (n, 2)."""
        return np.concatenate([*self.placed.lines, self.placed.handles, self.placed.crossings])


def pane_frame(scene: Scene, picture: SlicePicture) -> PaneFrame:
    """Return where a pane that shows a picture lies in the coordinates of the scene's geometry."""
    origin = picture.pane_to_mm(0.0, 0.0)
    right, down = picture.pane_to_mm(1.0, 0.0) - origin, picture.pane_to_mm(0.0, 1.0) - origin
    reach = reach_mm(scene.volume.geometry, picture.grid.normal)
    number = picture.slice_index if picture.is_acquired else None
    return PaneFrame(origin, right, down, reach, number, is_slab=picture.slab_mm > 0)


def is_key_image(scene: Scene, picture: SlicePicture) -> bool:
    """Whether a person has marked the image shown as telling."""
    if not picture.is_acquired or picture.slice_index >= len(scene.series.instances):
        return False
    return ImagePlace(scene.series, picture.slice_index).name in scene.study.key_images


def drawn_measurements(session: Session, scene: Scene, frame: PaneFrame) -> tuple[DrawnMeasurement, ...]:
    """Return what of the study's measurements is seen in a pane, in the order it is drawn: what is selected last."""
    found = [
        _drawn(session, scene, frame, m) for m in scene.study.measurements.shown if m.series_key == scene.series.key
    ]
    return tuple(sorted((d for d in found if d is not None), key=lambda d: (d.is_selected, d.is_draft)))


def _drawn(session: Session, scene: Scene, frame: PaneFrame, measurement: Measurement) -> DrawnMeasurement | None:
    placed = placed_measurement(measurement, scene.series, scene.volume.geometry, frame)
    if placed is None:
        return None
    focus, offset = session.focus, measurement.text_offset_mm
    is_hovered = focus.hovered_uid == measurement.tracking_uid
    at = None if offset is None else frame.to_pane(measurement.centre_mm + offset)[0]
    return DrawnMeasurement(
        placed,
        _texts(session, scene, frame, measurement) if placed.is_whole else (),
        None if at is None else (float(at[0]), float(at[1])),
        focus.selected_uid == measurement.tracking_uid,
        is_hovered,
        scene.study.measurements.draft is measurement,
        focus.hovered_handle if is_hovered else None,
    )


def _texts(session: Session, scene: Scene, frame: PaneFrame, measurement: Measurement) -> tuple[Sentence | str, ...]:
    """Return what is written: the name that a person gave, and the numbers, or in one line why there are none."""
    name = (measurement.label,) if measurement.label else ()
    if measurement.kind in _NEEDS_ALL and _is_unfinished(measurement):
        return name
    lines = measurement_lines(measurement, live_findings(session, scene.study, measurement))
    if frame.is_slab and (measurement.is_region or measurement.kind == "probe"):
        lines = (*lines, _OF_ONE_SLICE)
    is_draft = scene.study.measurements.draft is measurement  # the second volume is sampled when the mouse is up
    fused = None if is_draft else fused_findings(scene, measurement)
    if fused is None or scene.fusion is None:
        return (*name, *lines)
    _, second = pair_names(scene.series, scene.fusion.volume.series)
    return (*name, *lines, *fused_lines(second, fused))


def live_findings(session: Session, study: Study, measurement: Measurement) -> Findings:
    """Return the numbers of a measurement; of a large region that is being dragged those that need no pixels."""
    if study.measurements.draft is not measurement or not measurement.is_region:
        return findings(session, study, measurement)
    series = study.find(measurement.series_key)
    if series is None or series.geometry is None:
        return findings(session, study, measurement)
    extent = np.sort(np.ptp(series.geometry.to_index(measurement.points_mm), axis=0))
    if extent[1] * extent[2] < _LARGE_PX:
        return findings(session, study, measurement)
    return figures(measurement, series, calibrations=[m for m in study.measurements if m.kind == "calibration"])


def _is_unfinished(measurement: Measurement) -> bool:
    """Whether the last places have not been put yet: they lie on each other."""
    return bool((measurement.points_mm[-1] == measurement.points_mm[-2]).all())
