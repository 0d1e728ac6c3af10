"""A folder looked through for DICOM images, whatever the files are called."""

from __future__ import annotations

import filecmp
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.files.dicom_header import Image, Other, read_header
from medview.files.dicom_sort import FoundStudy, sort
from medview.progress import Progress, unheard

_TELL_EVERY_S = 1.0
_PERMISSION_REMEDY = "Choose another folder, or ask for the right to read this one."

OnFound = Callable[[tuple[FoundStudy, ...]], None]


@dataclass(frozen=True, eq=False)
class ScanReport:
    """What a scan found. Every file is accounted for: found = images + other + rejected.

    Attributes
    ----------
    images
        Number of files that hold images to look at; a multi-frame file is one.
    other
        (path, what it is) of files that hold none: reports, segmentations, text, copies of an image.
    rejected
        (path, why) of images that cannot be used.
    """

    studies: tuple[FoundStudy, ...]
    images: int
    other: tuple[tuple[Path, str], ...]
    rejected: tuple[tuple[Path, Sentence], ...]

    @property
    def found(self) -> int:
        """Number of files looked at."""
        return self.images + len(self.other) + len(self.rejected)


class _Findings:
    """What has been found so far."""

    def __init__(self) -> None:
        self.images: list[Image] = []
        self.files = 0
        self.other: list[tuple[Path, str]] = []
        self.rejected: list[tuple[Path, Sentence]] = []
        self._paths: dict[tuple[str, str], list[Path]] = {}

    def look_at(self, path: Path) -> None:
        """Read one file's header and remember what it is."""
        try:
            found = read_header(path) if path.is_file() else Other("special file")
        except MedViewError as error:
            self.rejected.append((path, error.message))
        except OSError as error:
            self.rejected.append((path, Sentence("The file cannot be read: {reason}", {"reason": _reason(error)})))
        else:
            self._remember(path, found)

    def _remember(self, path: Path, found: tuple[Image, ...] | Other) -> None:
        if isinstance(found, Other):
            self.other.append((path, found.what))
        elif self._is_copy(path, found[0]):
            self.other.append((path, "copy of another file"))
        else:
            self.files += 1
            self.images += found

    def _is_copy(self, path: Path, image: Image) -> bool:
        """Whether a file with the same identity and the same bytes is there already."""
        key = image.series.series_instance_uid, image.instance.sop_instance_uid
        known = self._paths.setdefault(key, [])
        if any(filecmp.cmp(path, other, shallow=False) for other in known):
            return True
        known.append(path)
        return False

    def report(self) -> ScanReport:
        return ScanReport(sort(self.images), self.files, tuple(self.other), tuple(self.rejected))


def scan(
    path: Path | Sequence[Path],
    progress: Progress = unheard,
    on_found: OnFound | None = None,
    *,
    may_be_empty: bool = False,
) -> ScanReport:
    """Look through files and folders, and sort the images found into studies and stacks.

    Parameters
    ----------
    path
        A file, a folder, or several; folders are searched to any depth, link loops are noticed.
    on_found
        Called now and then with all studies found so far, so that a person need not wait for the end. A stack may
        grow, and get another name, from one call to the next.
    may_be_empty
        Whether to report that no image was found, rather than raise.

    Raises
    ------
    MedViewError
        Nothing is there, nothing may be read, or nothing found is an image.
    """
    roots = [_root(Path(p)) for p in ([path] if isinstance(path, str | os.PathLike) else path)]
    progress(0.0, "Listing files")
    files = list(_listed(roots, progress))
    findings = _Findings()
    told = time.monotonic()
    for number, file in enumerate(files):
        progress(number / len(files), file.name)
        findings.look_at(file)
        # sorting again must stay a small part of the whole, however many images there are
        if on_found and findings.images and time.monotonic() - told > _TELL_EVERY_S + len(findings.images) / 2000:
            on_found(sort(findings.images))
            told = time.monotonic()
    report = findings.report()
    if not (report.images or may_be_empty):
        raise _nothing(roots, report)
    progress(1.0, "")
    return report


def _root(path: Path) -> Path:
    """Return where to look: beside a DICOMDIR, which only lists what lies there, and not always truly."""
    return path.parent if path.name.upper() == "DICOMDIR" and path.is_file() else path


def _listed(roots: Sequence[Path], progress: Progress) -> Iterator[Path]:
    """Yield the files of all roots in the order of their names, each folder once however it is linked."""
    seen: set[tuple[int, int]] = set()
    for root in roots:
        if root.is_dir():
            yield from _walk(root, seen, progress, is_root=True)
        elif os.path.lexists(root):
            yield root
        else:
            raise MedViewError("{path} does not exist.", "Check the name, or choose the folder again.", path=root)


def _walk(folder: Path, seen: set[tuple[int, int]], progress: Progress, *, is_root: bool = False) -> Iterator[Path]:
    progress(0.0, folder.name)
    facts = folder.stat()
    if (facts.st_dev, facts.st_ino) in seen and facts.st_ino:
        return
    seen.add((facts.st_dev, facts.st_ino))
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        if is_root:
            raise MedViewError(
                "The folder {path} cannot be read: {reason}", _PERMISSION_REMEDY, path=folder, reason=_reason(error)
            ) from error
        yield folder  # listed as what cannot be read, rather than passed over
        return
    for entry in entries:
        if _is_folder(entry):
            yield from _walk(Path(entry.path), seen, progress)
        else:
            yield Path(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that points to itself
        return False


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _nothing(roots: Sequence[Path], report: ScanReport) -> MedViewError:
    """Return the sentence for a scan without a single image."""
    path = roots[0] if len(roots) == 1 else Path(os.path.commonpath(roots)) if roots else Path()
    if report.other and len(roots) == 1 and path.is_file():
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
    kinds = sorted({what for _, what in report.other if what not in ("not DICOM", "empty file", "special file")})
    if kinds:
        return MedViewError(
            "There are DICOM files in {path}, but none is an image: {kinds}.",
            "Open the folder of the images that these belong to.",
            path=path, kinds=", ".join(kinds),
        )  # fmt: skip
    if report.other:
        return MedViewError(
            "None of the {count} files in {path} is DICOM.",
            "Choose the folder that holds the DICOM files; their names do not matter.",
            path=path, count=len(report.other),
        )  # fmt: skip
    return MedViewError("There is no file in {path}.", "Choose a folder that holds DICOM files.", path=path)
