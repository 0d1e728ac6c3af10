"""Open the demo study, made on this machine the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.progress import Progress, part
from medview.session.open_folder import add_found
from medview.session.session import Session

if TYPE_CHECKING:
    from medview.files.demo_study import DemoStudy
    from medview.files.scanning.dicom_scan import ScanReport

TITLE = Sentence("Making the demo study")


def load_demo(session: Session) -> Job:
    """Submit the making and opening of the demo study: a synthetic head around the MNI152 brain."""

    def work(progress: Progress) -> tuple[DemoStudy, ScanReport]:
        from medview.files.demo_study import prepare
        from medview.files.scanning.dicom_scan import scan

        demo = prepare(part(progress, 0.0, 0.8))
        return demo, scan(demo.folder, part(progress, 0.8, 1.0))

    def done(value: tuple[DemoStudy, ScanReport]) -> None:
        demo, report = value
        for study in add_found(session, report, show=True, tell=False):
            for series in study.series:
                session.demo_truths[series.series_instance_uid] = demo.true_mask
        session.notices.add(
            "info",
            "This is the demo study: a synthetic head made on this computer around the MNI152 average brain. "
            "It is no patient.",
            "Press Run segmentation to find the brain.",
        )

    return session.jobs.submit(TITLE, work, on_done=done, on_failed=session.notices.add_error)
