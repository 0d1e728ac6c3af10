"""Open what lies in folders, files and archives: find the studies, lay out the most telling one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.files.passing_folder import PassingFolder
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.add_to_library import add_to_library
from medview.session.hang import hang_opened
from medview.session.join_study import join_study
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.series import Series
from medview.study.series_worth import worth
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.files.scanning.dicom_scan import ScanReport
    from medview.files.stacks.dicom_sort import FoundStudy


def open_folder(session: Session, path: Path | Sequence[Path], *, show: bool = True) -> Job:
    """Submit a scan of a folder, a file, an archive or several; its studies join the session when it is done.

    Parameters
    ----------
    path
        What a ZIP archive holds is unpacked into a folder of its own, which goes when the program ends.
    show
        Whether to put the most telling study found on the screen.
    """
    paths = [path] if isinstance(path, Path) else list(path)

    def work(progress: Progress) -> ScanReport:
        from medview.files.scanning.dicom_scan import scan
        from medview.files.scanning.zip_archive import is_zip

        unpack_into = None
        if any(is_zip(one) for one in paths):
            unpacked = PassingFolder()
            session.unpacked.append(unpacked)
            unpack_into = unpacked.path
        return scan(paths, progress, workers=session.jobs.workers, unpack_into=unpack_into)

    def done(report: ScanReport) -> None:
        add_found(session, report, show=show)
        add_to_library(session, report)

    if len(paths) == 1:
        title = Sentence("Opening {name}", {"name": paths[0].name})
    else:
        title = Sentence("Opening {count} files and folders", {"count": len(paths)})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)


def add_found(session: Session, report: ScanReport, *, show: bool, tell: bool = True) -> list[Study]:
    """Add the studies of a scan to the session, say what was found, and lay out the most telling study.

    Where no hanging protocol does, its most telling series is shown.
    """
    studies = [join_study(session, found) for found in report.studies]
    session.note_found(report.images, report.other, len(report.rejected))
    session.note_rejected(report.rejected)
    if tell:
        _tell(session, report)
    for remark in report.remarks:
        session.notices.add("warning", remark)
    shown = [(study, series) for study in studies for series in study.series]
    if show and shown:
        study, series = max(shown, key=lambda pair: worth(pair[1]))
        if not (session.settings["hanging"] and hang_opened(session, study)):
            show_series(session, study, series)
    return studies


def _tell(session: Session, report: ScanReport) -> None:
    """Say what was found, counted as the study list counts; that none of it can be shown says the series to show."""
    series = [series for study in report.studies for series in study.series]
    objects = sum(len(study.objects) for study in report.studies)
    remedy = "Files left out: {files}; the study list says why." if report.rejected else ""
    if not series and objects:
        message = "No image was found, but what belongs to images: {objects}."
    elif all(one.refusal is not None for one in series) and not report.rejected:
        return
    else:
        message = "1 image found." if _images(series) == 1 else "{images} images in {series} series found."
    session.notices.add(
        "info",
        message,
        remedy,
        lasting=bool(report.rejected),
        images=_images(series),
        series=sum(map(_rows, report.studies)),
        objects=objects,
        files=len(report.rejected),
    )


def _images(series: Sequence[Series]) -> int:
    """Return the number of images: frames and tiles of a file count."""
    return sum(len(one.instances) for one in series)


def _rows(study: FoundStudy) -> int:
    """Return the number of series of a study, all stacks along one axis being one."""
    return len({one.axis.group if one.axis is not None else id(one) for one in study.series})
