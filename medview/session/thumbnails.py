"""Small pictures of series for lists, kept in the local library."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.give_way import give_way
from medview.session.session import Session
from medview.study.series import Series
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.files.workers import Workers
    from medview.library.library import Library


def request_thumbnail(
    session: Session, study: Study, series: Series, on_done: Callable[[NDArray[np.uint8]], None]
) -> Job:
    """Submit the making of a thumbnail: `on_done` receives uint8 (96, 96) or (96, 96, 3) on the main thread.

    It is taken from the library where the study is on the list.
    """
    facts, stacks, workers = study.facts, study.series, session.jobs.workers

    def work(progress: Progress) -> NDArray[np.uint8]:
        progress(0.0)
        give_way(session, progress)
        from medview.files.pixels.dicom_pixels import thumbnail
        from medview.files.stacks.dicom_sort import FoundStudy

        if session.library is None:
            return thumbnail(series, workers=workers)
        return cached_thumbnail(session.library, FoundStudy(facts, stacks), series, workers)

    uid = series.study_instance_uid
    return session.jobs.submit("Thumbnail", work, place="previews", on_done=on_done, silent=True, about=uid)


def make_thumbnails(library: Library, studies: tuple[FoundStudy, ...], progress: Progress, workers: Workers) -> None:
    """Keep a picture of every series in the library; one that cannot be made is passed over."""
    for study in studies:
        for series in study.series:
            progress(0.0)
            if series.refusal is None:
                # a damaged image has no picture; opening it says what is wrong with it
                with suppress(MedViewError, OSError):
                    cached_thumbnail(library, study, series, workers)


def cached_thumbnail(library: Library, study: FoundStudy, series: Series, workers: Workers) -> NDArray[np.uint8]:
    """Return the picture of a series from the library, or make it and keep it there. Errors as `thumbnail`."""
    from medview.files.formats.png import packed_picture, unpacked_picture
    from medview.files.pixels.dicom_pixels import thumbnail

    row = library.study_of(study)
    stored = library.thumbnail(row.id, series.key) if row is not None else None
    if stored is not None:
        return unpacked_picture(stored)
    made = thumbnail(series, workers=workers)
    if row is not None:
        library.set_thumbnail(row.id, series.key, packed_picture(made))
    return made
