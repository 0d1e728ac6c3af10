"""Put a series on the screen."""

from __future__ import annotations

import weakref

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.session.apply_presentation import take_off_presentation
from medview.session.loading import Loading
from medview.session.prefetch_places import prefetch_places
from medview.session.scene import Scene
from medview.session.series_reading import Begun, SeriesReading
from medview.session.session import Session
from medview.study.series import Series
from medview.study.study import Study


def show_series(session: Session, study: Study, series: Series) -> Job | None:
    """Submit the reading of a series, which is shown from its first image on.

    Reading another series ends. A place of the 4-D series that is on the screen is shown once it is whole, at the same
    cursor, window and zoom.

    Returns
    -------
    Job or None
        None where there is nothing to read: it is on the screen or at hand, or cannot be shown and a notice says why.
    """
    if series.refusal is not None:
        session.notices.add("warning", series.refusal.message, series.refusal.remedy)
        return None
    job = session.reading
    if job is not None and not job.is_finished:
        if session.wanted_series is series:
            return job
        job.cancel()
    session.wanted_series = series
    if _is_on_screen(session, series):
        return None
    at_hand = session.kept_volumes.find(series)
    if at_hand is not None:
        _show(session, study, at_hand)
        return None
    session.reading = _submit(session, study, series)
    return session.reading


def _submit(session: Session, study: Study, series: Series) -> Job:
    follows = _follows(session, study, series)
    if not follows:
        session.kept_volumes.follow(series)  # the new volume needs the room

    def is_wanted() -> bool:
        # the study may have been closed, or another series chosen, while this one was read
        return study in session.studies and session.wanted_series is series

    def begun(value: Begun) -> None:
        if is_wanted() and reading.loading.total > 1 and not follows:
            _show(session, study, value, reading.loading)

    def done(value: Begun) -> None:
        if not is_wanted():
            return
        _take_remarks(session, study, series, value[0].series)
        scene = session.scene
        if scene is not None and scene.loading is reading.loading:
            scene.complete(*value)
            _keep(session, value)
        else:
            _show(session, study, value)

    def failed(error: BaseException) -> None:
        session.notices.add_error(error)
        if session.scene is not None and session.scene.is_playing:
            session.scene.update(is_playing=False)

    def ended() -> None:
        reading.let_go()
        job = submitted()
        if job is not None and job.state != "done":
            reading.loading.stop()
        if session.reading is job:
            session.reading = None

    reading = SeriesReading(series, session.jobs.workers, begun)
    job = session.jobs.submit(
        Sentence("Reading {name}", {"name": series.series_description or series.modality}),
        reading.work,
        on_partial=reading.take,
        on_done=done,
        on_failed=failed,
        about=study.facts.study_instance_uid,
    )
    submitted = weakref.ref(job)  # the job holds what listens to it
    job.finished.connect(ended)
    return job


def _show(session: Session, study: Study, value: Begun, loading: Loading | None = None) -> None:
    volume, window = value
    before = session.scene if _follows(session, study, volume.series) else None
    scene = Scene(study, volume, window, loading)
    scene.mask_opacity = session.settings["mask_opacity"]
    if before is not None:
        take_off_presentation(before)  # its window and its turn are for images of that place alone
        scene.look_as(before)
    drawn = [s for s in study.segmentations if s.source.series_key == volume.series.key]
    if drawn:
        scene.show_segmentation(drawn[-1])
    session.show(scene, keep_view=before is not None)
    if before is None:
        _tell_uneven(session, volume.series)
    if loading is None:
        _keep(session, value)


def _tell_uneven(session: Session, series: Series) -> None:
    """Say why only one plane is shown, and what helps."""
    for line in series.guard:
        if line.kind in ("missing", "variable"):
            session.notices.add("warning", line.meaning, "Resample to an even grid (menu View) to see other planes.")


def _take_remarks(session: Session, study: Study, series: Series, read: Series) -> None:
    """Put a series that has got a warning by its pixels in the place of the one that was scanned."""
    if read is not series:
        study.replace_series(tuple(read if one is series else one for one in study.series))
        session.wanted_series = read


def _keep(session: Session, value: Begun) -> None:
    """Keep a place of a 4-D series at hand, and read its neighbours while nothing else is going on."""
    volume, window = value
    axis = volume.series.axis
    if axis is not None:
        session.kept_volumes.keep(volume, window, axis.number)
        prefetch_places(session)


def _follows(session: Session, study: Study, series: Series) -> bool:
    """Whether a series is another place of the 4-D series on the screen, of the same patient."""
    if session.scene is None or session.scene.study is not study:
        return False
    shown = session.scene.series.axis
    return shown is not None and series.axis is not None and shown.group == series.axis.group


def _is_on_screen(session: Session, series: Series) -> bool:
    """Whether a series is shown, and whole: what has been stopped is read again."""
    scene = session.scene
    return scene is not None and scene.series is series and scene.is_whole
