"""Give millimetres to images that hold none, such as pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medview.errors import MedViewError
from medview.jobs.job import Job
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.asked_spacing import with_spacing
from medview.study.measurement import Measurement
from medview.study.series import Series
from medview.study.study import Study


def give_spacing(session: Session, study: Study, series: Series, spacing_mm: tuple[float, float, float]) -> Job | None:
    """Put the series with its new spacing (slice, row, column) in the place of the old one, and submit its reading.

    No slot goes on showing it without: what is measured would lie elsewhere there.

    Returns
    -------
    Job or None
        None where it cannot be done, and a notice says why: the images have their own spacing, or a mask lies on them.
    """
    try:
        spaced = with_spacing(series, spacing_mm)
        _exchange(session, study, spaced)
    except MedViewError as error:
        session.notices.add_error(error)
        return None
    study.history.do_change(
        "Give the pixel spacing",
        study,
        lambda study: _exchange(session, study, spaced),
        lambda study: _exchange(session, study, series),
        is_done=True,
        series_key=series.key,
    )
    return show_series(session, study, spaced)


def _exchange(session: Session, study: Study, series: Series) -> None:
    """Put a series in the place of the one of the same images, everywhere it is shown."""
    if any(mask.source.series_key == series.key for mask in study.segmentations):
        raise MedViewError(
            "A mask has been drawn on these images: their spacing is not changed under it.",
            "Remove the mask first, or open the pictures again.",
        )
    _move_measurements(study, series)
    study.replace_series(tuple(series if one.key == series.key else one for one in study.series))
    old = session.scenes_of(study, series.key)
    slots = [slot for slot, scene in session.scenes.items() if scene in old]
    session.away = {slot: scene for slot, scene in session.away.items() if scene not in old}
    for slot in slots:
        show_series(session, study, series, slot)
    for slot in slots:
        session.show(None, slot)


def _move_measurements(study: Study, after: Series) -> None:
    """Leave every measurement on the pixels it was put on, before the series of the same images is exchanged."""
    before = study.find(after.key)
    old, new = before.geometry if before is not None else None, after.geometry
    if old is None or new is None:
        return

    def moved(measurement: Measurement) -> Measurement:
        points = new.to_mm(old.to_index(measurement.points_mm))
        offset = measurement.text_offset_mm
        if offset is not None:
            offset = new.affine[:3, :3] @ np.linalg.inv(old.affine[:3, :3]) @ offset
        return replace(measurement, points_mm=points, text_offset_mm=offset)

    if any(m.series_key == after.key for m in study.measurements):
        study.measurements.set(moved(m) if m.series_key == after.key else m for m in study.measurements)
