"""What the images hold under each segment of a mask, counted away from the main thread."""

from __future__ import annotations

from collections.abc import Callable

from medview.errors import MedViewError
from medview.imaging.mask_statistics import MaskStatistics, mask_statistics
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.scene import Scene
from medview.session.session import Session


def request_mask_statistics(
    session: Session, scene: Scene, on_done: Callable[[dict[int, MaskStatistics]], None]
) -> Job | None:
    """Submit the statistics of the mask in view on the images in view; None where there is none, which a notice says.

    The labels are counted as they lie: a stroke made meanwhile may be in the figures or not, so whoever shows them asks
    again after every change.
    """
    mask, volume = scene.segmentation, scene.volume
    if mask is None or not scene.is_whole or mask.source.series_key != scene.series.key:
        session.notices.add_error(
            MedViewError("There is no mask on these images to measure.", "Show a mask, and wait for its images.")
        )
        return None
    labels, numbers = mask.labels, [segment.number for segment in mask.segments]

    def work(progress: Progress) -> dict[int, MaskStatistics]:
        return mask_statistics(labels, volume, numbers, progress)

    return session.jobs.submit(
        "Measuring segments",
        work,
        on_done=on_done,
        on_failed=session.notices.add_error,
        about=scene.study.facts.study_instance_uid,
    )
