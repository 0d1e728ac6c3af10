"""A ZIP archive of foreign origin unpacked into a folder of its own, within limits.

An entry's name never becomes a path as it is: entries that would lie elsewhere, links and special files are left out.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_file import open_regular
from medview.progress import Progress, unheard

_MARK = b"PK\x03\x04"
_EMPTY_MARK = b"PK\x05\x06"
_MOST_ENTRIES = 200_000
_MOST_BYTES = 64 * 2**30
_MOST_RATIO = 200  # of unpacked to packed size, beyond what pixels of one value come to
_SMALL = 256 * 2**20  # bytes that may be unpacked at any ratio
_DEEPEST = 32
_CHUNK = 2**20
_RESERVED_MARKS = '<>:"|?*'
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}


def is_zip(path: Path) -> bool:
    """Whether a regular file begins like a ZIP archive."""
    try:
        with open_regular(path) as file:
            return file.read(4) in (_MARK, _EMPTY_MARK)
    except OSError:
        return False


def unpack(path: Path, folder: Path, progress: Progress = unheard) -> list[Sentence]:
    """Unpack an archive into a folder that is made for it, and return what was left out.

    Raises
    ------
    MedViewError
        The archive is damaged, has a password, unpacks to too much, or the folder cannot be written. Cancelled between
        entries and during long ones. The folder then holds what has been unpacked; it is the caller's to delete.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check(path, entries)
            return _unpack_entries(archive, path, entries, folder, progress)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as error:
        raise MedViewError(
            "The archive {name} is damaged or of an unknown kind.", "Copy it again from its source.", name=path.name
        ) from error
    except OSError as error:
        raise MedViewError(
            "The archive {name} cannot be unpacked: {reason}", "Make room on the disk, and try again.",
            name=path.name, reason=error.strerror or str(error),
        ) from error  # fmt: skip


def _check(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Raise where an archive cannot or must not be unpacked, by what it says of itself."""
    if any(entry.flag_bits & 1 for entry in entries):
        raise MedViewError(
            "The archive {name} has a password.", "Unpack it with the password, then open the folder.", name=path.name
        )
    total = sum(entry.file_size for entry in entries)
    room = shutil.disk_usage(path.parent).free
    if len(entries) > _MOST_ENTRIES or total > min(_MOST_BYTES, max(room, _SMALL)):
        raise _too_much(path)
    for entry in entries:
        if entry.file_size > max(_SMALL, _MOST_RATIO * entry.compress_size):
            raise _too_much(path)


def _too_much(path: Path) -> MedViewError:
    return MedViewError(
        "The archive {name} unpacks to far more than it should.", "Unpack it yourself if you trust it.", name=path.name
    )


def _unpack_entries(
    archive: zipfile.ZipFile, path: Path, entries: list[zipfile.ZipInfo], folder: Path, progress: Progress
) -> list[Sentence]:
    folder.mkdir(parents=True)
    left_out, total = [], max(sum(entry.file_size for entry in entries), 1)
    budget = max(_SMALL, _MOST_RATIO * path.stat().st_size)
    done = 0
    for entry in entries:
        progress(min(done / total, 1.0), path.name)
        parts = _safe_parts(entry)
        if parts is None:
            left_out.append(entry.filename)
        elif not entry.is_dir():
            done += _unpack_one(archive, entry, folder, parts, budget - done, path, progress)
    if not left_out:
        return []
    return [Sentence(
        "{count} {count:entry|entries} of the archive {archive} {count:was left out: its name leads|were left out: "
        "their names lead} out of it, or {count:it is no file|they are no files} ({name}).",
        {"count": len(left_out), "archive": path.name, "name": left_out[0][:100]},
    )]  # fmt: skip


def _unpack_one(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, parts: tuple[str, ...], budget: int, path: Path,
    progress: Progress,
) -> int:  # fmt: skip
    """Unpack one entry, and no more of it than it has said or the budget allows; return its size."""
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    # never over another: two entries may have one name, or names that differ in case only
    with archive.open(entry) as source, open(_free(target), "xb") as out:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > budget:
                raise _too_much(path)
            out.write(chunk)
            progress(0.0, entry.filename[-60:])
    return size


def _free(target: Path) -> Path:
    """Return the path, or one beside it that is free."""
    number, free = 1, target
    while free.exists():
        number += 1
        free = target.with_name(f"{target.name}~{number}")
    return free


def _safe_parts(entry: zipfile.ZipInfo) -> tuple[str, ...] | None:
    """Return the parts of an entry's path; None where it leads out of the folder, or is no plain file."""
    name, mode = entry.orig_filename, entry.external_attr >> 16
    if name.startswith("/") or "\\" in name or "\0" in name:
        return None
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or len(parts) > _DEEPEST or ".." in parts or _is_drive(parts[0]):
        return None
    return tuple(map(_plain_name, parts))


def _is_drive(part: str) -> bool:
    return len(part) >= 2 and part[1] == ":"


def _plain_name(part: str) -> str:
    """Return a name that every file system takes and no device answers to."""
    plain = "".join("_" if mark in _RESERVED_MARKS or ord(mark) < 32 else mark for mark in part)[:200]
    plain = plain.rstrip(". ") or "_"
    return f"_{plain}" if plain.split(".")[0].casefold() in _DEVICES else plain
