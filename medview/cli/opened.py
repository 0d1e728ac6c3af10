"""What lies at the paths that were named, with the processes that decode it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import MedViewError
from medview.files.passing_folder import PassingFolder
from medview.progress import Progress, unheard
from medview.study.asked_spacing import with_spacing
from medview.study.series import Series
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.files.scanning.dicom_scan import ScanReport
    from medview.files.workers import Workers

Spacing = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Opened:
    """A scan's report, and the workers that read its images."""

    report: ScanReport
    workers: Workers
    _given: tuple[Path, ...]
    _unpacked: Path

    @property
    def series(self) -> list[Series]:
        """Every stack found, in the order of the studies."""
        return [series for study in self.report.studies for series in study.series]

    def chosen(self, uid: str | None) -> list[Series]:
        """Return the stacks of a Series Instance UID, or the one of a key; all where it is None.

        Raises
        ------
        MedViewError
            There is none.
        """
        found = [s for s in self.series if uid in (None, s.key, s.series_instance_uid)]
        if not found:
            raise MedViewError("There is no series {uid} here.", "List them: medview scan PATH", uid=uid)
        return found

    def read(self, series: Series, progress: Progress = unheard) -> Volume:
        """Return the voxels of a stack; errors as `medview.files.pixels.dicom_pixels.read_volume`."""
        from medview.session.read_voxels import read_voxels

        return read_voxels(series, progress, self.workers)

    def name(self, path: Path) -> str:
        """Return a path as it is told: in an archive, that of the archive and behind it the entry's."""
        if not path.is_relative_to(self._unpacked):
            return str(path)
        number, *entry = path.relative_to(self._unpacked).parts
        return str(self._given[int(number)].joinpath(*entry))


@contextmanager
def opened(
    paths: Path | Sequence[Path], progress: Progress, *, spacing: Spacing | None = None, may_be_empty: bool = False
) -> Iterator[Opened]:
    """Look through the paths, and keep worker processes until the block ends.

    Parameters
    ----------
    spacing
        Millimetres for the pictures among what is found.
    may_be_empty
        Whether to report that there is no image, rather than raise.

    Raises
    ------
    MedViewError
        Nothing is there, nothing may be read, or nothing found is an image.
    """
    from medview.files.scanning.dicom_scan import scan
    from medview.jobs.process_pool import ProcessPool

    given = (paths,) if isinstance(paths, Path) else tuple(paths)
    # the contents of archives: a folder that only this person can read, deleted with the block
    with PassingFolder() as unpacked, ProcessPool() as workers:
        report = scan(given, progress, may_be_empty=may_be_empty, workers=workers, unpack_into=unpacked)
        if spacing is not None:
            report = _spaced(report, spacing)
        yield Opened(report, workers, given, unpacked)


def _spaced(report: ScanReport, spacing: Spacing) -> ScanReport:
    """Return the report with the pictures' spacing as it was asked for; MedViewError where there is no picture."""
    wanting = [s for study in report.studies for s in study.series if _wants_spacing(s)]
    if not wanting:
        raise MedViewError("No image here lacks its spacing: --spacing is for pictures.", "Leave --spacing out.")
    studies = tuple(
        replace(study, series=tuple(with_spacing(s, spacing) if _wants_spacing(s) else s for s in study.series))
        for study in report.studies
    )
    return replace(report, studies=studies)


def _wants_spacing(series: Series) -> bool:
    return series.file_format != "DICOM" and series.geometry is not None and not series.geometry.has_spacing
