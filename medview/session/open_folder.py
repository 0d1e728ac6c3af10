"""Open what lies in a folder or file: find the studies, show the most telling series."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.joined_series import joined_series
from medview.study.series import Series
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.files.dicom_scan import ScanReport
    from medview.files.dicom_sort import FoundStudy


def open_folder(session: Session, path: Path, *, show: bool = True) -> Job:
    """Submit a scan of a folder or file; its studies join the session when it is done.

    Parameters
    ----------
    show
        Whether to put the largest volume found on the screen.
    """

    def work(progress: Progress) -> ScanReport:
        from medview.files.dicom_scan import scan

        return scan(path, progress)

    def done(report: ScanReport) -> None:
        add_found(session, report, show=show)

    return session.jobs.submit(
        Sentence("Opening {name}", {"name": path.name}), work, on_done=done, on_failed=session.notices.add_error
    )


def add_found(session: Session, report: ScanReport, *, show: bool, tell: bool = True) -> list[Study]:
    """Add the studies of a scan to the session, say what was found, and show the largest volume."""
    studies = [_joined(session, found) for found in report.studies]
    session.note_found(report.images, report.other, len(report.rejected))
    session.note_rejected(report.rejected)
    if tell:
        _tell(session, report)
    if show and studies:
        best = max(((s, series) for s in studies for series in s.series), key=lambda pair: _worth(pair[1]))
        show_series(session, *best)
    return studies


def _joined(session: Session, found: FoundStudy) -> Study:
    """Add a study, or add its new series to the same study where that is open."""
    uid = found.facts.study_instance_uid
    for study in session.studies:
        if uid and study.facts == found.facts:
            study.replace_series(joined_series(study.series, found.series, partial(_is_used, session, study)))
            return study
    study = Study(found.facts, found.series)
    session.add_study(study)
    return study


def _is_used(session: Session, study: Study, series: Series) -> bool:
    """Whether a series is on the screen, is being read to be, or has been drawn on."""
    shown = session.scene is not None and session.scene.study is study and session.scene.series.key == series.key
    drawn = any(mask.source.series_key == series.key for mask in study.segmentations)
    return shown or drawn or session.wanted_series is series


def _worth(series: Series) -> tuple[bool, bool, int]:
    """Order series by how telling they are: volumes before the rest, localizers last, many images before few."""
    localizer = "LOCALIZER" in series.image_type
    return series.refusal is None, not localizer, len(series.instances)


def _tell(session: Session, report: ScanReport) -> None:
    """Say what was found; that none of it can be shown says the series that was to be shown."""
    series = [series for study in report.studies for series in study.series]
    if all(one.refusal is not None for one in series) and not report.rejected:
        return
    session.notices.add(
        "info",
        "1 image found." if report.images == 1 else "{images} images in {series} series found.",
        "Files left out: {files}; the study list says why." if report.rejected else "",
        lasting=bool(report.rejected),
        images=report.images,
        series=len(series),
        files=len(report.rejected),
    )
