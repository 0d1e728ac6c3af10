"""Put a series on the screen."""

from __future__ import annotations

from medview.errors import Sentence
from medview.imaging.window import default_window, percentile_window, value_range
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.series import Series
from medview.study.study import Study
from medview.study.volume import Volume


def show_series(session: Session, study: Study, series: Series) -> Job | None:
    """Submit the reading of a series, to be shown when it is there; None where it cannot be: a notice says why."""
    if session.scene is not None and session.scene.series is series:
        session.wanted_series = series  # another one that is still being read is no longer wanted
        return None
    if series.refusal is not None:
        session.notices.add("warning", series.refusal.message, series.refusal.remedy)
        return None

    def work(progress: Progress) -> tuple[Volume, tuple[float, float]]:
        from medview.files.dicom_pixels import read_volume

        volume = read_volume(series, progress)
        value_range(volume)  # both are remembered for the window, which would stand still while it computed them
        percentile_window(volume)
        return volume, default_window(volume)

    def done(value: tuple[Volume, tuple[float, float]]) -> None:
        # the study may have been closed, or another series chosen, while this one was read
        if study in session.studies and session.wanted_series is series:
            session.show(_scene(session, study, *value))

    session.wanted_series = series
    title = Sentence("Reading {name}", {"name": series.series_description or series.modality})
    uid = study.facts.study_instance_uid
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error, about=uid)


def _scene(session: Session, study: Study, volume: Volume, window: tuple[float, float]) -> Scene:
    scene = Scene(study, volume, window)
    scene.mask_opacity = session.settings["mask_opacity"]
    drawn = [s for s in study.segmentations if s.source.series_key == volume.series.key]
    if drawn:
        scene.show_segmentation(drawn[-1])
    return scene
