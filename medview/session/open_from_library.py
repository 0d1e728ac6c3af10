"""Open studies of the local list: they join what is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.progress import Progress, part
from medview.session.open_folder import add_found
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.session.use_library import use_library

if TYPE_CHECKING:
    from medview.files.scanning.dicom_scan import ScanReport
    from medview.library.library import Library

_TITLE = Sentence("Opening from the library")


def open_from_library(session: Session, study_ids: Sequence[int], *, series_key: str = "") -> Job:
    """Submit the opening of studies, by their numbers in the library; files that are as they were are not read again.

    Parameters
    ----------
    series_key
        The series to put on the screen; "" puts the largest volume there.
    """

    def work(library: Library, progress: Progress) -> tuple[ScanReport, int]:
        from medview.files.scanning.dicom_scan import ScanReport

        count = len(study_ids)
        found = [
            library.open_study(number, part(progress, place / count, (place + 1) / count))
            for place, number in enumerate(study_ids)
        ]
        rows = [row for number in study_ids if (row := library.study(number)) is not None]
        return ScanReport(tuple(found), 0, (), ()), sum(row.files_missing for row in rows)

    def done(value: tuple[ScanReport, int]) -> None:
        report, missing = value
        if missing:
            session.notices.add(
                "warning",
                "Files that are not where they were: {count}. What they hold is not shown.",
                "Connect the disk or share they lie on, and open the study again.",
                count=missing,
            )
        is_there = any(series.key == series_key for study in report.studies for series in study.series)
        studies = add_found(session, report, show=not is_there, tell=False)
        for study in studies:
            series = study.find(series_key) if is_there else None
            if series is not None:
                show_series(session, study, series)

    return use_library(session, work, on_done=done, title=_TITLE, place="scan")
