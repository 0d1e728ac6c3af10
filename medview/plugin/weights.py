"""Find, check and fetch files of trained weights."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin.file_sha256 import file_sha256
from medview.plugin.kept_book import read_book, write_book
from medview.plugin.outside_files import outside_files
from medview.progress import Progress

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from medview.plugin.manifest.weights_record import WeightsRecord

_CHUNK_BYTES = 1 << 18
_TIMEOUT_S = 20.0


def weights_folder() -> Path:
    """Return the folder of fetched and converted weights, made where it is missing."""
    folder = data_folder() / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def locate(record: WeightsRecord, folder: Path | None = None) -> Path | None:
    """Return the file of a record where it lies on this machine with the right content, else None.

    Looked for in the plugin's own folder or the package that brings it, in the folder that MEDVIEW_MODEL_MIRROR names
    (by path, then by file name) and in the person's data folder. A file with another size or SHA-256 is passed over.

    Parameters
    ----------
    folder
        Of the plugin, for weights that it brings itself.
    """
    for path in _candidates(record, folder):
        if is_genuine(path, record):
            return path
    return None


def fetch(record: WeightsRecord, progress: Progress, folder: Path | None = None) -> Path:
    """Return the file of a record, downloaded from its authors where it is not here yet.

    A download that was broken off goes on where it stopped, also from another of the record's addresses. The file
    appears under its name only after its size and SHA-256 have been checked.

    Raises
    ------
    MedViewError
        The server cannot be reached, or sends another file than the manifest promises.
    """
    found = locate(record, folder)
    if found is not None:
        return found
    if record.is_packaged or record.is_shipped:
        raise absence(record, "")
    target = weights_folder() / record.file
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{record.sha256[:12]}.part")
    _download_from_any(record, part, progress)
    if part.stat().st_size != record.bytes or file_sha256(part) != record.sha256:
        part.unlink()
        raise MedViewError(
            "The file {file} is not the one the plugin was tested with (its checksum differs), and was refused.",
            "Try again later; if it stays so, the authors have changed the file and the plugin must be updated.",
            file=record.file,
        )
    os.replace(part, target)
    return target


def is_whole(record: WeightsRecord, folder: Path | None = None) -> bool:
    """Whether the file of a record lies here and is right: every byte is read, whatever is remembered of it."""
    path = locate(record, folder)
    return path is not None and path.stat().st_size == record.bytes and file_sha256(path) == record.sha256


def check_alone(record: WeightsRecord, path: Path) -> None:
    """Refuse an ONNX file that takes numbers from others: the checksum of its record says nothing of those.

    Raises
    ------
    MedViewError
        It does, or it is no ONNX file.
    """
    if record.format != "onnx":
        return
    try:
        others = outside_files(path)
    except ValueError as error:
        raise MedViewError(
            "The model file {file} cannot be read: {reason}",
            "Fetch it again; if it came with a package, install that package anew.",
            file=path.name,
            reason=str(error),
        ) from error
    if others:
        raise MedViewError(
            "The model file {file} takes numbers from another file: {others}. Nobody has checked that one.",
            "Ask whoever made it for the model in one file.",
            file=path.name,
            others=", ".join(others),
        )


def remove(record: WeightsRecord) -> bool:
    """Delete the file of a record from the person's data folder, also a part of it; what others keep elsewhere stays.

    Returns
    -------
    bool
        Whether there was anything.
    """
    target = weights_folder() / record.file
    found = [path for path in (target, *target.parent.glob(f"{target.name}.*.part")) if path.is_file()]
    for path in found:
        path.unlink()
    return bool(found)


def absence(record: WeightsRecord, plugin_id: str) -> MedViewError:
    """Return what to tell a person when the file of a record is not here."""
    if record.is_shipped:
        return MedViewError(
            "The model file {file} of the plugin {plugin} is missing or has been changed.",
            "Install the plugin anew.",
            file=record.file,
            plugin=plugin_id,
        )
    if record.is_packaged:
        return MedViewError(
            "The model file {file} is not installed.",
            "Install the package {package} in the version that the plugin names.",
            file=record.file,
            package=record.source.split(":")[1],
        )
    return MedViewError(
        "The model file {file} is not on this machine yet ({size_kb} kB).",
        "Fetch it with: medview models install {plugin}. Without a network, copy it to a folder and set "
        "MEDVIEW_MODEL_MIRROR to that folder.",
        file=record.file,
        size_kb=-(-record.bytes // 1000),
        plugin=plugin_id,
    )


def _candidates(record: WeightsRecord, folder: Path | None) -> list[Path]:
    if record.is_shipped:
        return [folder / record.source.removeprefix("folder:")] if folder is not None else []
    paths = [_packaged(record)] if record.is_packaged else []
    mirror = os.environ.get("MEDVIEW_MODEL_MIRROR")
    if mirror:
        paths.append(Path(mirror) / record.file)
        paths += sorted(Path(mirror).rglob(Path(record.file).name))
    paths.append(weights_folder() / record.file)
    return [path for path in paths if path is not None]


def _packaged(record: WeightsRecord) -> Path | None:
    """Return where an installed distribution has put the file; its code is not imported."""
    _, distribution, path = record.source.split(":", 2)
    try:
        return Path(str(metadata.distribution(distribution).locate_file(path)))
    except metadata.PackageNotFoundError:
        return None


def is_genuine(path: Path, record: WeightsRecord) -> bool:
    """Whether a file is the one that a record promises, by its size and SHA-256."""
    try:
        facts = path.stat()
        if facts.st_size != record.bytes:
            return False
        return _remembered_sha256(path, [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns]) == record.sha256
    except OSError:
        return False


def _remembered_sha256(path: Path, facts: list[int]) -> str:
    """Return the file's SHA-256, computed anew only where size or times have changed since the last look.

    The time of modification is whatever a copy says; that of the file's own record is the system's.
    """
    book = weights_folder() / "checked.json"
    checked = read_book(book)
    key = str(path.resolve())
    entry = checked.get(key)
    if isinstance(entry, list) and len(entry) == len(facts) + 1 and entry[:-1] == facts:
        return str(entry[-1])
    checked[key] = [*facts, file_sha256(path)]
    write_book(book, checked)
    return str(checked[key][-1])


def _download_from_any(record: WeightsRecord, part: Path, progress: Progress) -> None:
    """Download from the first address that answers; raise what the first one said where none does."""
    told: MedViewError | None = None
    for address in (record.source, *record.mirrors):
        try:
            _download(record, address, part, progress)
            return
        except MedViewError as error:
            told = told or error
    if told is not None:
        raise told


def _download(record: WeightsRecord, address: str, part: Path, progress: Progress) -> None:
    """Fill `part` up to the promised size; never beyond it."""
    import urllib.request

    have = part.stat().st_size if part.exists() else 0
    if have >= record.bytes:
        return
    request = urllib.request.Request(address)  # noqa: S310  the manifest admits http and https only
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            is_rest = answer.status == 206
            _pour(answer, part, "ab" if is_rest else "wb", record, progress)
    except OSError as error:  # URLError, HTTPError, time-outs and a full disk are all OSErrors
        raise MedViewError(
            "The model file {file} could not be fetched: {reason}",
            "Check the network and try again; the download goes on where it stopped. Without a network, copy the file "
            "to a folder and set MEDVIEW_MODEL_MIRROR to that folder.",
            file=record.file,
            reason=str(error),
        ) from error


def _pour(answer: HTTPResponse, part: Path, mode: str, record: WeightsRecord, progress: Progress) -> None:
    with part.open(mode) as file:
        have = file.tell()
        while have < record.bytes:
            progress(have / record.bytes, record.file)
            chunk = answer.read(min(_CHUNK_BYTES, record.bytes - have))
            if not chunk:
                if answer.length:  # what the server has promised and not sent
                    raise ConnectionError("the connection ended early")
                break
            have += file.write(chunk)
    progress(1.0, record.file)
