"""Read the neighbours of the place in view before they are asked for."""

from __future__ import annotations

from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.read_voxels import read_voxels
from medview.session.series_reading import Begun, with_window
from medview.session.session import Session


def prefetch_places(session: Session) -> Job | None:
    """Submit the reading of the next place of the 4-D series in view that is not at hand; None where there is none.

    One after the other, for as long as the memory for them lasts and nothing that a person waits for is going on.
    """
    scene = session.scene
    if scene is None or scene.series.axis is None or any(not job.silent for job in session.jobs.jobs):
        return None
    study, number = scene.study, scene.series.axis.number
    series = session.kept_volumes.next_to_read(study.stacks_along(scene.series), number)
    if series is None or any(job.title.template == _TITLE for job in session.jobs.jobs):
        return None

    def work(progress: Progress) -> Begun:
        return with_window(read_voxels(series, progress, session.jobs.workers))

    def done(value: Begun) -> None:
        if series in session.wanted.values():  # it is being read for the screen meanwhile
            return
        read = value[0].series
        if read is not series:  # its pixels have given it a warning
            study.replace_series(tuple(read if one is series else one for one in study.series))
        shown = session.scene.series.axis if session.scene is not None else None
        session.kept_volumes.keep(*value, shown.number if shown is not None else 0)
        if session.kept_volumes.find(read) is not None:  # else there is no room for it, or another series to come
            prefetch_places(session)

    # a place that cannot be read says so when it is asked for
    return session.jobs.submit(
        _TITLE, work, place="previews", on_done=done, silent=True, about=study.facts.study_instance_uid
    )


_TITLE = "Reading the next place"
