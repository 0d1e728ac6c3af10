"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from medview.errors import MedViewError

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_FULL_WORDS = ("no space left", "disk full", "not enough space", "file too large", "quota exceeded", "[errno 28]")
_FORBIDDEN_WORDS = ("read-only file system", "permission denied", "operation not permitted")


@contextmanager
def written_whole(path: Path, may_replace: Callable[[Path], bool] | None = None) -> Iterator[Path]:
    """Give the path of a new file beside `path`; when the block ends well, it takes the place of `path`.

    Write to the given path inside the block, read it back and compare: whatever is raised there leaves the target as
    it was and the new file removed. The data is on the disk before the name changes.

    Parameters
    ----------
    path
        The target. A DICOM file that is there already is replaced only where `may_replace` says so.

    Raises
    ------
    MedViewError
        The folder is missing, may not be written, is full, or the target is one that must not be replaced.
    """
    beside = path.with_name(f".medview-{secrets.token_hex(6)}{_ending(path)}")
    try:
        _check_target(path, may_replace)
        # not 0600 as a temporary file has: the target is a file like any other of this person
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield beside
        _sync(beside)
        os.replace(beside, path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write_error(error: BaseException, path: Path) -> MedViewError:
    """Return the sentence for an error that writing has met; libraries lose its number on the way, so words count."""
    numbers, words = _traced(error)
    if numbers & _FULL or any(word in words for word in _FULL_WORDS):
        return MedViewError(
            "The disk is full: {name} could not be written.",
            "Free some space, or save to another disk. Nothing was left behind.",
            name=path.name,
        )
    if numbers & _FORBIDDEN or any(word in words for word in _FORBIDDEN_WORDS):
        return MedViewError(
            "{folder} may not be written to.", "Choose another folder, or ask for the right to write here.",
            folder=str(path.parent),
        )  # fmt: skip
    if errno.ENOENT in numbers or errno.ENOTDIR in numbers:
        return MedViewError(
            "The folder {folder} does not exist.", "Make it, or choose another one.", folder=str(path.parent)
        )
    if errno.ENAMETOOLONG in numbers:
        return MedViewError("The name {name} is too long.", "Choose a shorter one.", name=path.name[:60])
    return MedViewError(
        "{name} could not be written: {reason}", "Try another folder or disk.", name=path.name, reason=str(error)
    )


def _traced(error: BaseException) -> tuple[set[int], str]:
    """Return the error numbers and the words of an error and of all that caused it."""
    numbers: set[int] = set()
    words = ""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and link.errno:
            numbers.add(link.errno)
        words += str(link).lower() + "\n"
        link = link.__cause__ or link.__context__
    return numbers, words


def _ending(path: Path) -> str:
    return ".nii.gz" if path.name.lower().endswith(".nii.gz") else path.suffix.lower()[:10]


def _check_target(path: Path, may_replace: Callable[[Path], bool] | None) -> None:
    """Raise where the target must not be replaced; an OSError where its name or folder is impossible."""
    if not os.path.lexists(path):
        path.parent.stat()
        return
    if path.is_dir():
        raise MedViewError("{path} is a folder.", "Give a file name.", path=str(path))
    if not path.stat().st_mode & 0o222:
        raise MedViewError("{name} is read-only.", "Choose another name.", name=path.name)
    if _is_dicom(path) and not (may_replace is not None and may_replace(path)):
        raise MedViewError(
            "{name} is a DICOM file that was not made here: it is not replaced.", "Choose another name.", name=path.name
        )


def _is_dicom(path: Path) -> bool:
    from medview.files.headers.dicom_file import looks_like_dicom

    with path.open("rb") as file:
        return looks_like_dicom(file.read(4096))


def _sync(path: Path) -> None:
    # opened for writing, since Windows syncs nothing else
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk too; not every system can, and the file itself is safe already."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
