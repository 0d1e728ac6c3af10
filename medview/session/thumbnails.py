"""Small pictures of series for the study list."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.session import Session
from medview.study.series import Series


def request_thumbnail(session: Session, series: Series, on_done: Callable[[NDArray[np.uint8]], None]) -> Job:
    """Submit the making of a thumbnail: `on_done` receives uint8 (96, 96) on the main thread."""

    def work(progress: Progress) -> NDArray[np.uint8]:
        from medview.files.dicom_pixels import thumbnail

        progress(0.0)
        return thumbnail(series)

    uid = series.study_instance_uid
    return session.jobs.submit("Thumbnail", work, place="previews", on_done=on_done, silent=True, about=uid)
