"""Small pictures of single images, for lists of key images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.session import Session
from medview.study.annotation import ImageName
from medview.study.image_index import ImageIndex
from medview.study.study import Study


def request_picture(
    session: Session, study: Study, image: ImageName, on_done: Callable[[NDArray[np.uint8]], None]
) -> Job | None:
    """Submit the making of a picture of an image: `on_done` receives uint8 (96, 96), of colours (96, 96, 3).

    None where the image is not here.
    """
    place = ImageIndex(study.series).find(image)
    if place is None or place.series.geometry is None:
        return None
    geometry = place.series.geometry
    alone = replace(
        place.series,
        instances=(place.series.instances[place.slice_index],),
        geometry=replace(geometry, shape=(1, *geometry.shape[1:])),
    )

    def work(progress: Progress) -> NDArray[np.uint8]:
        from medview.files.pixels.dicom_pixels import thumbnail

        progress(0.0)
        return thumbnail(alone, workers=session.jobs.workers)

    uid = study.facts.study_instance_uid
    return session.jobs.submit("Thumbnail", work, place="previews", on_done=on_done, silent=True, about=uid)
