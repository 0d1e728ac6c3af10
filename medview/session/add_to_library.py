"""Put what was opened on the list of the local library, in the background."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.progress import Progress, part
from medview.session.session import Session
from medview.session.tell_quota import tell_quota
from medview.session.use_library import use_library

if TYPE_CHECKING:
    from medview.files.scanning.dicom_scan import ScanReport
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.library.library import Library
    from medview.library.reports import Freed

_COPYING = Sentence("Copying into the library")


def add_to_library(session: Session, report: ScanReport) -> Job | None:
    """Submit what the setting "library_add" asks for of a scan; None where that is nothing.

    Links are made silently. What was unpacked from an archive goes when the program ends: it is copied or left out.
    """
    how = session.settings["library_add"]
    if how == "copy":
        return _submit(session, _copyable(session, report), copy=True)
    lasting = _lasting(session, report)
    return _submit(session, lasting, copy=False) if how == "link" and lasting.studies else None


def _submit(session: Session, report: ScanReport, *, copy: bool) -> Job:
    def work(library: Library, progress: Progress) -> Freed | None:
        library.add(report, copy=copy, progress=part(progress, 0.0, 0.9))
        return library.make_room(progress=part(progress, 0.9, 1.0)) if copy else None

    def done(freed: Freed | None) -> None:
        tell_quota(session, freed)

    def failed(error: BaseException) -> None:
        session.notices.add("info", "What was opened is not on the library's list: {reason}", reason=str(error))

    if copy:
        return use_library(session, work, on_done=done, on_failed=failed, title=_COPYING, place="scan")
    return use_library(session, work, on_done=done, on_failed=failed, place="scan")


def _copyable(session: Session, report: ScanReport) -> ScanReport:
    """Return the report without what could only be linked to, and lies in folders that go with the session."""
    from medview.library.copied_study import stays_outside

    lasting = _lasting(session, report).studies
    kept = (study for study in report.studies if study in lasting or not stays_outside(study))
    return replace(report, studies=tuple(kept))


def _lasting(session: Session, report: ScanReport) -> ScanReport:
    """Return the report without what lies in folders that go with the session."""
    passing = [folder.path for folder in session.unpacked]

    def stays(path: Path) -> bool:
        return not any(path.is_relative_to(folder) for folder in passing)

    def lasts(study: FoundStudy) -> bool:
        paths = [i.path for series in study.series for i in series.instances] + [one.path for one in study.objects]
        return all(map(stays, paths))

    if not passing:
        return report
    return replace(
        report,
        studies=tuple(filter(lasts, report.studies)),
        other=tuple(row for row in report.other if stays(row[0])),
        rejected=tuple(row for row in report.rejected if stays(row[0])),
    )
