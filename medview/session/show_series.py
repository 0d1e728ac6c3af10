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


def show_series(session: Session, study: Study, series: Series, slot: int | None = None) -> Job | None:
    """Submit the reading of a series, which is shown from its first image on.

    Reading another series for the same slot ends. A place of the 4-D series that is on the screen is shown once it is
    whole, at the same cursor, window and zoom.

    Parameters
    ----------
    slot
        Where it is shown: the slot of the active pane where none is named.

    Returns
    -------
    Job or None
        None where there is nothing to read: it is on the screen or at hand, or cannot be shown and a notice says why.
    """
    if series.refusal is not None:
        session.notices.add("warning", series.refusal.message, series.refusal.remedy)
        return None
    place = session.active_slot if slot is None else slot
    job = session.readings.get(place)
    if job is not None and not job.is_finished:
        if session.wanted.get(place) is series:
            return job
        if list(session.readings.values()).count(job) == 1:  # else another slot waits for it
            job.cancel()
    session.wanted[place] = series
    if _is_on_screen(session, series, place):
        return None
    at_hand = session.kept_volumes.find(series) or _in_another_slot(session, study, series)
    if at_hand is not None:
        _show(session, study, at_hand, place)
        return None
    job = _read_elsewhere(session, study, series, place) or _submit(session, study, series, place)
    session.readings[place] = job
    return job


def _submit(session: Session, study: Study, series: Series, slot: int) -> Job:
    follows = _follows(session, study, series, slot)
    if not follows:  # the new volume needs the room
        session.kept_volumes.follow([series, *(s.series for place, s in session.scenes.items() if place != slot)])

    def is_wanted() -> bool:
        # the study may have been closed, or another series chosen, while this one was read
        return study in session.studies and session.wanted.get(slot) is series

    def begun(value: Begun) -> None:
        if is_wanted() and reading.loading.total > 1 and not follows:
            _show(session, study, value, slot, reading.loading)

    def done(value: Begun) -> None:
        if not is_wanted():
            return
        _take_remarks(session, study, series, value[0].series)
        scene = session.scenes.get(slot)
        if scene is not None and scene.loading is reading.loading:
            scene.complete(*value)
            _keep(session, value)
        else:
            _show(session, study, value, slot)

    def failed(error: BaseException) -> None:
        session.notices.add_error(error)
        scene = session.scenes.get(slot)
        if scene is not None and scene.is_playing:
            scene.update(is_playing=False)

    def ended() -> None:
        reading.let_go()
        job = submitted()
        if job is not None and job.state != "done":
            reading.loading.stop()
        if session.readings.get(slot) is job:
            del session.readings[slot]

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


def _read_elsewhere(session: Session, study: Study, series: Series, slot: int) -> Job | None:
    """Return the job that reads a series for another slot already: what it reads is then shown here, too."""
    readings = ((place, job) for place, job in session.readings.items() if place != slot and not job.is_finished)
    job = next((job for place, job in readings if session.wanted.get(place) is series), None)
    if job is None:
        return None

    def ended() -> None:
        if session.readings.get(slot) is submitted():
            del session.readings[slot]
            if study in session.studies and session.wanted.get(slot) is series:
                show_series(session, study, series, slot)

    submitted = weakref.ref(job)
    job.finished.connect(ended)
    return job


def _in_another_slot(session: Session, study: Study, series: Series) -> Begun | None:
    """Return the volume of a series that another slot shows whole, with its default window."""
    for scene in session.scenes.values():
        if scene.study is study and scene.series is series and scene.is_whole:
            return scene.volume, scene.default_window
    return None


def _show(session: Session, study: Study, value: Begun, slot: int, loading: Loading | None = None) -> None:
    volume, window = value
    before = session.scenes[slot] if _follows(session, study, volume.series, slot) else None
    scene = Scene(study, volume, window, loading)
    scene.mask_opacity = session.settings["mask_opacity"]
    if before is not None:
        take_off_presentation(before)  # its window and its turn are for images of that place alone
        scene.look_as(before)
    drawn = [s for s in study.segmentations if s.source.series_key == volume.series.key]
    if drawn:
        scene.show_segmentation(drawn[-1])
    session.show(scene, slot, keep_view=before is not None)
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
        session.wanted.update({place: read for place, wanted in session.wanted.items() if wanted is series})


def _keep(session: Session, value: Begun) -> None:
    """Keep a place of a 4-D series at hand, and read its neighbours while nothing else is going on."""
    volume, window = value
    axis = volume.series.axis
    if axis is not None:
        session.kept_volumes.keep(volume, window, axis.number)
        prefetch_places(session)


def _follows(session: Session, study: Study, series: Series, slot: int) -> bool:
    """Whether a series is another place of the 4-D series in a slot, of the same patient."""
    scene = session.scenes.get(slot)
    if scene is None or scene.study is not study:
        return False
    shown = scene.series.axis
    return shown is not None and series.axis is not None and shown.group == series.axis.group


def _is_on_screen(session: Session, series: Series, slot: int) -> bool:
    """Whether a series is shown in a slot, and whole: what has been stopped is read again."""
    scene = session.scenes.get(slot)
    return scene is not None and scene.series is series and scene.is_whole
