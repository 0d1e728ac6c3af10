"""Read files of the list again, because they are new, have changed, or are to be sorted together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from medview.library.identity import study_identity
from medview.progress import Progress

if TYPE_CHECKING:
    from medview.files.scanning.dicom_scan import ScanReport
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.files.workers import Workers


def scan_again(paths: Iterable[str], progress: Progress, workers: Workers | None = None) -> ScanReport:
    """Return the report of a scan of these very files, also where none is an image; one that is gone is rejected."""
    from medview.files.scanning.dicom_scan import scan_files

    return scan_files([Path(path) for path in paths], progress, workers)


def read_again(paths: Iterable[str], identity: str, store: Path, progress: Progress) -> FoundStudy | None:
    """Return the study of an identity as these files have it now, None where none of them is of it."""
    report = scan_again(sorted(paths), progress)
    return next((study for study in report.studies if study_identity(study, store) == identity), None)
