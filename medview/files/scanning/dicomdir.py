"""What a DICOMDIR lists, held against what lies beside it (PS3.3 F, PS3.10 8).

The records are read one after the other as they are stored. Their links to each other are not followed, so links that
run in a circle lead nowhere; and no file is opened because a DICOMDIR names it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_file import read_dicom_file

_IN_USE = 0xFFFF
_MOST_PARTS = 64


def remarks_on(path: Path, found: Collection[str] = ()) -> list[Sentence]:
    """Return what is wrong with the files that a DICOMDIR lists: outside its folder, or missing.

    `found` holds the SOP Instance UIDs of what was found: a file that lies elsewhere by now is not missing. Where all
    do, the folder was moved as a whole, and nothing is said; where others are in their places, the list is wrong.
    """
    missing: list[str] = []
    outside: list[str] = []
    elsewhere: list[str] = []
    in_place = 0
    try:
        for parts, uid in _listed(path):
            name = "/".join(parts)
            if any(map(_leads_out, parts)) or len(parts) > _MOST_PARTS:
                outside.append(name)
            elif _lies_here(path.parent, parts):
                in_place += 1
            else:
                (elsewhere if uid in found else missing).append(name)
    except MedViewError as error:
        return [error.message]
    except OSError:  # it was there a moment ago; its absence harms nothing
        return []
    return _remarks(path, outside, missing, elsewhere if in_place else [])


def _remarks(path: Path, outside: list[str], missing: list[str], elsewhere: list[str]) -> list[Sentence]:
    remarks = []
    if outside:
        remarks.append(Sentence(
            "The DICOMDIR in {folder} lists {count} {count:file|files} outside its folder, such as {name}; {count:it "
            "was|they were} not read.",
            _filled(path, outside),
        ))  # fmt: skip
    if missing:
        remarks.append(Sentence(
            "The DICOMDIR in {folder} lists {count} {count:file that is|files that are} missing, such as {name}.",
            _filled(path, missing),
        ))  # fmt: skip
    if elsewhere:
        remarks.append(Sentence(
            "The DICOMDIR in {folder} lists {count} {count:file that is|files that are} missing, such as {name}; "
            "{count:its|their} images were found "
            "under other names.", _filled(path, elsewhere),
        ))  # fmt: skip
    return remarks


def _filled(path: Path, names: list[str]) -> dict[str, object]:
    return {"folder": path.parent.name, "count": len(names), "name": names[0][:100]}


def _listed(path: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the Referenced File ID of each record in use, as its parts, and the SOP Instance UID in that file."""
    file = read_dicom_file(path)
    if file is None:
        return
    for record in file.values.items("DirectoryRecordSequence"):
        parts = record.texts("ReferencedFileID")
        if parts and record.integer("RecordInUseFlag") in (None, _IN_USE):
            yield parts, record.text("ReferencedSOPInstanceUIDInFile")


def _leads_out(part: str) -> bool:
    return part in ("", ".", "..") or any(mark in part for mark in "/\\:\0")


def _lies_here(folder: Path, parts: tuple[str, ...]) -> bool:
    """Whether a file is there; also where the DICOMDIR lies in one of the folders that it lists."""
    own = [name.casefold() for name in folder.parts]
    listed = [name.casefold() for name in parts]
    tails = (parts[k:] for k in range(1, len(parts)) if own[-k:] == listed[:k])
    return _is_there(folder, parts) or any(_is_there(folder, tail) for tail in tails)


def _is_there(folder: Path, parts: tuple[str, ...]) -> bool:
    """Whether a file is there, however the file system of a disc has changed the case and added a version."""
    if os.path.lexists(folder.joinpath(*parts)):
        return True
    for part in parts:
        try:
            names = {name.split(";")[0].rstrip(".").casefold(): name for name in os.listdir(folder)}
        except OSError:
            return False
        found = names.get(part.rstrip(".").casefold())
        if found is None:
            return False
        folder = folder / found
    return True
