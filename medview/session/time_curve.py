"""The time-intensity curve of a region, read and worked out away from the main thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from medview.errors import MedViewError, Sentence
from medview.imaging.time_curve import TimeCurve, curve_along, frame_curve, has_curve
from medview.jobs.job import Job
from medview.progress import Progress, part
from medview.session.read_voxels import read_voxels
from medview.session.session import Session
from medview.study.measurement import Measurement, slice_index
from medview.study.one_image import one_image
from medview.study.series import Series
from medview.study.study import Study
from medview.study.volume import Volume

_TITLE = Sentence("Time-intensity curve")


def request_time_curve(
    session: Session, study: Study, measurement: Measurement, on_done: Callable[[TimeCurve], None]
) -> Job | None:
    """Submit the curve of a region or probe along its 4-D series or recording; None where there is none.

    Of each place only the image that it lies on is read, where it lies on one; a notice says what went wrong.
    """
    series = study.find(measurement.series_key)
    if series is None or series.geometry is None or not has_curve(measurement, series):
        session.notices.add_error(
            MedViewError(
                "There is no curve of this measurement.",
                "Draw a region or a probe on images that follow each other in time.",
            )
        )
        return None
    at_hand = _at_hand(session, study)
    if series.axis is not None:
        work = partial(_along, session, measurement, study.stacks_along(series), at_hand)
    else:
        work = partial(_of_frames, session, measurement, series, at_hand)
    uid = study.facts.study_instance_uid
    return session.jobs.submit(_TITLE, work, on_done=on_done, on_failed=session.notices.add_error, about=uid)


def _at_hand(session: Session, study: Study) -> dict[Series, Volume]:
    """Return the volumes that need not be read."""
    whole = {scene.series: scene.volume for scene in session.scenes.values() if scene.study is study and scene.is_whole}
    kept = {s: found[0] for s in study.series if s.axis and (found := session.kept_volumes.find(s)) is not None}
    return kept | whole


def _along(
    session: Session,
    measurement: Measurement,
    along: Sequence[Series],
    at_hand: dict[Series, Volume],
    progress: Progress,
) -> TimeCurve:
    def volumes() -> Iterator[Volume]:
        for number, series in enumerate(along):
            inner = part(progress, number / len(along), (number + 1) / len(along))
            inner(0.0, "Reading slices")
            yield at_hand.get(series) or read_voxels(_needed(measurement, series), inner, session.jobs.workers)

    return curve_along(measurement, along, volumes())


def _needed(measurement: Measurement, series: Series) -> Series:
    """Return what of a place must be read for a measurement."""
    if measurement.image is None or series.geometry is None:
        return series
    return one_image(series, slice_index(measurement, series.geometry))


def _of_frames(
    session: Session, measurement: Measurement, series: Series, at_hand: dict[Series, Volume], progress: Progress
) -> TimeCurve:
    volume = at_hand.get(series) or read_voxels(series, part(progress, 0.0, 0.8), session.jobs.workers)
    return frame_curve(measurement, volume, part(progress, 0.8, 1.0))
