"""The demo study's true brain mask: how well a result agrees with it."""

from __future__ import annotations

from medview.progress import Progress
from medview.session.session import Session
from medview.study.segmentation import Segmentation


def tell_dice(session: Session, segmentation: Segmentation) -> None:
    """Say how well a mask of one segment agrees with the demo's true brain; nothing for any other study."""
    truth = session.demo_truths.get(segmentation.source.series_instance_uid)
    if truth is None or len(segmentation.segments) != 1:
        return

    def work(progress: Progress) -> float:
        from medview.files.formats.nifti import read_mask
        from medview.imaging.statistics import dice

        mask = segmentation.snapshot(progress)
        return dice(mask.labels > 0, read_mask(truth, mask.geometry))

    def done(value: float) -> None:
        session.notices.add(
            "info",
            "Agreement with the demo's true brain mask: Dice {dice} (1 is perfect).",
            "This head is synthetic: expect less on patients.",
            lasting=True,
            dice=f"{value:.3f}",
        )

    session.jobs.submit("Comparing with the true mask", work, on_done=done, silent=True)
