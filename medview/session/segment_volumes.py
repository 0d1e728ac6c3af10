"""Volumes of the segments, counted away from the main thread."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.session import Session
from medview.study.segmentation import Segmentation


def request_volumes(session: Session, segmentation: Segmentation, on_done: Callable[[dict[int, float]], None]) -> Job:
    """Submit the counting of voxels: `on_done` receives ml by segment number, empty where the spacing is not known.

    The labels are counted as they lie, slice by slice and without a copy: a stroke made meanwhile may be in the
    figures or not, so whoever shows them asks again after every change.
    """
    numbers = [segment.number for segment in segmentation.segments]
    labels, geometry = segmentation.labels, segmentation.geometry

    def work(progress: Progress) -> dict[int, float]:
        voxel_ml = geometry.voxel_ml
        if voxel_ml is None:
            return {}
        counts = np.zeros(max(numbers, default=0) + 1, dtype=np.int64)
        for place, picture in enumerate(labels):
            progress(place / len(labels))
            counts += np.bincount(picture.ravel(), minlength=counts.size)[: counts.size]
        return {number: float(counts[number]) * voxel_ml for number in numbers}

    return session.jobs.submit(
        "Measuring segments", work, on_done=on_done, silent=True, about=segmentation.source.study_instance_uid
    )
