"""A folder looked through for images and what belongs to them, whatever the files are called."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.files.scanning.collect_seldom import collect_seldom
from medview.files.scanning.dicomdir import remarks_on
from medview.files.scanning.file_listing import list_files
from medview.files.scanning.findings import COPY, NOT_DICOM, SPECIAL, Findings, Found, look_at, look_at_all
from medview.files.scanning.zip_archive import is_zip, unpack
from medview.files.stacks.dicom_sort import FoundStudy
from medview.files.workers import Workers
from medview.progress import Progress, part, unheard

_TELL_EVERY_S = 1.0
_MANY = 2000  # files; fewer are looked at sooner than processes have begun
_BATCH = 200
_FEWEST_PROCESSES = 3  # with fewer, what they send back costs as much as they save

_NOTHING_TO_TELL = {NOT_DICOM, "empty file", SPECIAL.template, COPY.template}

OnFound = Callable[[tuple[FoundStudy, ...]], None]


@dataclass(frozen=True, eq=False)
class ScanReport:
    """What a scan found. Every file is accounted for: found = images + other + rejected.

    Attributes
    ----------
    studies
        With their stacks, and with the objects beside images (which count as `other`).
    images
        Number of files that hold images to look at; a multi-frame file is one.
    other
        (path, what it is) of files that hold none: reports, segmentations, text, copies of an image.
    rejected
        (path, why) of images that cannot be used.
    remarks
        What else a person should know of the scan: files that a DICOMDIR lists and that are missing, entries of an
        archive that were left out.
    """

    studies: tuple[FoundStudy, ...]
    images: int
    other: tuple[tuple[Path, Sentence], ...]
    rejected: tuple[tuple[Path, Sentence], ...]
    remarks: tuple[Sentence, ...] = ()

    @property
    def found(self) -> int:
        """Number of files looked at."""
        return self.images + len(self.other) + len(self.rejected)


def scan(
    path: Path | Sequence[Path],
    progress: Progress = unheard,
    on_found: OnFound | None = None,
    *,
    may_be_empty: bool = False,
    workers: Workers | None = None,
    unpack_into: Path | None = None,
) -> ScanReport:
    """Look through files, folders and archives, and sort what is found into studies and stacks.

    Parameters
    ----------
    path
        A file, a folder, or several; folders are searched to any depth, link loops are noticed. A DICOMDIR stands for
        the folder that it lies in. Pictures (PNG, JPEG, TIFF) are images where they are named themselves, or where
        nothing else is found.
    on_found
        Called now and then with all studies found so far, so that a person need not wait for the end. A stack may
        grow, and get another name, from one call to the next.
    may_be_empty
        Whether to report that nothing to open was found, rather than raise.
    workers
        Processes that read headers where there are thousands of files.
    unpack_into
        An empty folder of the caller's for the contents of ZIP archives, which stay there until he deletes it.

    Raises
    ------
    MedViewError
        Nothing is there, nothing may be read, nothing found can be opened, an archive is damaged, unsafe or has a
        password, or is given without `unpack_into`.
    """
    given = [Path(p) for p in ([path] if isinstance(path, str | os.PathLike) else path)]
    roots, remarks = _roots(given, unpack_into, part(progress, 0.0, 0.3))
    span = part(progress, 0.3 if roots != given and unpack_into else 0.0, 1.0)
    findings = _look(list_files(roots, span), span, on_found, workers)
    findings.take_pictures(given)
    for directory in findings.directories:
        remarks += remarks_on(directory, findings.sop_instance_uids)
    report = _report(findings, remarks)
    if not (report.studies or may_be_empty):
        raise nothing_found(given, report)
    progress(1.0, "")
    return report


def scan_files(files: Sequence[Path], progress: Progress = unheard, workers: Workers | None = None) -> ScanReport:
    """Look at these very files, an archive or a DICOMDIR among them being a file like any other; may find nothing."""
    return _report(_look(((file, True) for file in files), progress, None, workers), [])


@collect_seldom()
def _report(findings: Findings, remarks: Sequence[Sentence]) -> ScanReport:
    return ScanReport(
        findings.studies(), findings.files, tuple(findings.other), tuple(findings.rejected), tuple(remarks)
    )


def _roots(given: Sequence[Path], unpack_into: Path | None, progress: Progress) -> tuple[list[Path], list[Sentence]]:
    """Return where to look: beside a DICOMDIR, which only lists what lies there, and in what an archive holds."""
    roots, remarks = [], []
    for number, path in enumerate(given):
        if path.name.upper() == "DICOMDIR" and path.is_file():
            roots.append(path.parent)
        elif is_zip(path):
            if unpack_into is None:
                raise MedViewError("{name} is an archive.", "Unpack it, then open the folder.", name=path.name)
            folder = unpack_into / f"{number:03d}"
            remarks += unpack(path, folder, progress)
            roots.append(folder)
        else:
            roots.append(path)
    return roots, remarks


@collect_seldom()
def _look(
    listed: Iterable[tuple[Path, bool]], progress: Progress, on_found: OnFound | None, workers: Workers | None
) -> Findings:
    """Look at every file that is a regular one, and tell now and then what has been found."""
    progress(0.0, "Listing files")
    findings, files = Findings(), []
    for file, is_regular in listed:
        if is_regular:
            files.append(file)
        else:
            findings.other.append((file, SPECIAL))
    told = time.monotonic()

    def waiting() -> None:
        progress(min(findings.count / max(len(files), 1), 1.0))

    for number, found in enumerate(_looked_at(files, workers, waiting)):
        progress(number / len(files), files[number].name)
        findings.add(files[number], found)
        # sorting again must stay a small part of the whole, however many images there are
        if on_found and findings and time.monotonic() - told > _TELL_EVERY_S + len(findings) / 2000:
            on_found(findings.studies())
            told = time.monotonic()
    return findings


def _looked_at(files: Sequence[Path], workers: Workers | None, waiting: Callable[[], None]) -> Iterator[Found]:
    """Yield what each file is, in their order."""
    if workers is None or len(files) < _MANY or workers.processes < _FEWEST_PROCESSES:
        yield from map(look_at, files)
        return
    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
    ready: dict[int, list[Found]] = {}
    wanted = 0
    for number, found in workers.each(look_at_all, [(batch,) for batch in batches], waiting=waiting):
        ready[number] = _one_by_one(batches[number], workers) if isinstance(found, MedViewError) else found
        while wanted in ready:
            yield from ready.pop(wanted)
            wanted += 1


def _one_by_one(files: Sequence[Path], workers: Workers) -> list[Found]:
    """Return what the files of a batch are in which one has ended its process."""
    found: dict[int, Found] = dict(workers.each(look_at, [(file,) for file in files]))
    return [found[number] for number in range(len(files))]


def nothing_found(roots: Sequence[Path], report: ScanReport) -> MedViewError:
    """Return the sentence for a scan of `roots` that found nothing to open."""
    path = roots[0] if len(roots) == 1 else Path(os.path.commonpath(roots)) if roots else Path()
    if report.remarks:
        return MedViewError(
            "Nothing in {path} can be opened. {remark}", "Copy it again from its source.",
            path=path, remark=report.remarks[0],
        )  # fmt: skip
    if report.other and not report.rejected and len(roots) == 1 and path.is_file() and not is_zip(path):
        return MedViewError(
            "{path} holds no image: {kind}.", "Choose a DICOM image, or the folder it lies in.",
            path=path, kind=report.other[0][1],
        )  # fmt: skip
    if report.rejected:
        return MedViewError(
            "No image in {path} can be opened ({count} damaged): {reason}",
            "Copy the images again from their source.",
            path=path, count=len(report.rejected), reason=report.rejected[0][1],
        )  # fmt: skip
    kinds = sorted({str(what) for _, what in report.other if what.template not in _NOTHING_TO_TELL})
    if kinds:
        return MedViewError(
            "There are DICOM files in {path}, but none is an image: {kinds}.",
            "Open the folder of the images that these belong to.",
            path=path, kinds=", ".join(kinds),
        )  # fmt: skip
    if report.other:
        return MedViewError(
            "{path} holds {count} {count:file, which is not|files, none of which is} DICOM.",
            "Choose the folder that holds the DICOM files; their names do not matter.",
            path=path, count=len(report.other),
        )  # fmt: skip
    return MedViewError("There is no file in {path}.", "Choose a folder that holds DICOM files.", path=path)
