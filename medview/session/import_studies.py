"""Put studies from folders, files and archives on the local list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.files.passing_folder import PassingFolder
from medview.jobs.job import Job
from medview.library.reports import Added, Freed
from medview.progress import Progress, part
from medview.session.session import Session
from medview.session.tell_quota import tell_quota
from medview.session.thumbnails import make_thumbnails
from medview.session.use_library import use_library
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.files.scanning.dicom_scan import ScanReport
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.library.library import Library

_PASSING = Sentence("Only DICOM files are copied into the library: unpack the archive, then import what it held.")


@dataclass(frozen=True)
class Imported:
    """What came of an import: files with images, of another kind and left out, and what the library took.

    `studies` are those whose pictures are still to be made; `freed` is what had to go for copies, None without any.
    """

    added: Added
    images: int
    other: tuple[tuple[Path, Sentence], ...]
    rejected: tuple[tuple[Path, Sentence], ...]
    studies: tuple[FoundStudy, ...]
    freed: Freed | None = None


def import_studies(
    session: Session, paths: Sequence[Path], *, copy: bool, on_done: Callable[[Imported], None] | None = None
) -> Job:
    """Submit a scan of files and folders, and put what it finds on the list; says in a notice what came of it.

    Parameters
    ----------
    copy
        Whether files are copied into the library; else they are linked where they lie. What an archive holds is always
        copied. Originals are only read.
    """

    def work(library: Library, progress: Progress) -> Imported:
        from medview.files.scanning.dicom_scan import scan

        with PassingFolder() as unpacked:
            workers = session.jobs.workers
            report = scan(paths, part(progress, 0.0, 0.5), workers=workers, unpack_into=unpacked)
            is_archive = any(unpacked.iterdir())
            report = _lasting(report) if is_archive else report
            added, freed = _added(library, report, copy=copy or is_archive, progress=part(progress, 0.5, 1.0))
            if is_archive:  # what it holds is gone from here in a moment
                make_thumbnails(library, report.studies, progress, workers)
        studies = () if is_archive else report.studies
        return Imported(added, report.images, report.other, report.rejected, studies, freed)

    def done(imported: Imported) -> None:
        _tell(session, imported)
        if copy:
            _tell_linked(session, imported)
        _request_thumbnails(session, imported)
        if on_done is not None:
            on_done(imported)

    name = paths[0].name if len(paths) == 1 else str(len(paths))
    title = Sentence("Importing {name}", {"name": name})
    return use_library(session, work, on_done=done, title=title, place="scan")


def import_open_study(session: Session, study: Study, *, copy: bool) -> Job:
    """Submit putting a study that is open on the list; what came out of an archive is copied in any case."""
    unpacked = [folder.path for folder in session.unpacked]
    paths = [*(i.path for series in study.series for i in series.instances), *(one.path for one in study.objects)]
    is_passing = any(folder in path.parents for path in paths for folder in unpacked)
    facts, series, objects = study.facts, study.series, study.objects

    def work(library: Library, progress: Progress) -> Imported:
        from medview.files.stacks.dicom_sort import FoundStudy
        from medview.library.copied_study import stays_outside

        found = FoundStudy(facts, series, objects)
        if is_passing and stays_outside(found):
            return Imported(Added(), 0, (), tuple((path, _PASSING) for path in paths), ())
        added, freed = _added(library, [found], copy=copy or is_passing, progress=progress)
        return Imported(added, 0, (), (), (found,), freed)

    def done(imported: Imported) -> None:
        _tell(session, imported)
        _request_thumbnails(session, imported)

    title = Sentence("Adding a study to the library")
    return use_library(session, work, on_done=done, title=title, place="scan")


def _lasting(report: ScanReport) -> ScanReport:
    """Return the scan of an archive without the studies that could only be linked to: they are gone in a moment."""
    from medview.library.copied_study import stays_outside

    passing = [path for study in report.studies for path in sorted(stays_outside(study))]
    kept = tuple(study for study in report.studies if not stays_outside(study))
    rejected = (*report.rejected, *((Path(path), _PASSING) for path in passing))
    return replace(report, studies=kept, images=report.images - len(passing), rejected=rejected)


def _added(
    library: Library, found: ScanReport | list[FoundStudy], *, copy: bool, progress: Progress
) -> tuple[Added, Freed | None]:
    """Put studies on the list, and make room again where that has filled the library beyond its quota."""
    added = library.add(found, copy=copy, progress=part(progress, 0.0, 0.9))
    return added, library.make_room(progress=part(progress, 0.9, 1.0)) if copy else None


def _tell(session: Session, imported: Imported) -> None:
    left_out = (*imported.rejected, *imported.added.left_out)
    if imported.images:
        session.note_found(imported.images, imported.other, len(imported.rejected))
    session.note_rejected(left_out)
    session.notices.add(
        "info",
        "Imported into the library: {studies} {studies:study|studies}, {new} new {new:file|files}, {known} known "
        "already; {other} {other:file|files} without images, {left_out} left out.",
        "Warnings and files left out, in the File menu, says why." if left_out else "",
        lasting=bool(left_out),
        studies=len(imported.added.study_ids),
        new=imported.added.new_files,
        known=imported.added.known_files,
        other=len(imported.other),
        left_out=len(left_out),
    )
    tell_quota(session, imported.freed)


def _tell_linked(session: Session, imported: Imported) -> None:
    """Say which files were only linked although copies were asked for."""
    from medview.library.copied_study import stays_outside

    count = sum(len(stays_outside(study)) for study in imported.studies)
    if count:
        session.notices.add(
            "warning",
            "Files that are no DICOM are not copied: {count} stay linked where they lie.",
            "Keep them there, or the library cannot open them.",
            count=count,
        )


def _request_thumbnails(session: Session, imported: Imported) -> None:
    """Submit the making of small pictures, which a person need not wait for."""

    def work(library: Library, progress: Progress) -> None:
        make_thumbnails(library, imported.studies, progress, session.jobs.workers)

    use_library(session, work, place="previews")
