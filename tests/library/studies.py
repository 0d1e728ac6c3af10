"""Small studies on disk, and ways to look at what a library holds."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from medview.files.scanning.dicom_scan import ScanReport, scan
from medview.library.library import Library
from medview.study.series import Series
from tests.files.make_dicom import image, write

_watched: dict[str, list[str]] = {}


def _note_opened(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watched and isinstance(arguments[0], str | os.PathLike):
        for folder, opened in _watched.items():
            if os.fspath(arguments[0]).startswith(folder):
                opened.append(os.fspath(arguments[0]))


sys.addaudithook(_note_opened)


@contextmanager
def files_opened(folder: Path) -> Iterator[list[str]]:
    """Give the files below a folder, and the folders, that this process opens inside the block."""
    opened = _watched[str(folder)] = []
    try:
        yield opened
    finally:
        del _watched[str(folder)]


def write_study(folder: Path, number: int = 0, count: int = 3, **changes: Any) -> Path:
    """Write one study of one series, told from others by its number, and return its folder."""
    for index in range(count):
        values = {
            "StudyInstanceUID": f"2.25.70{number}",
            "SeriesInstanceUID": f"2.25.71{number}",
            "SOPInstanceUID": f"2.25.72{number}.{index}",
            "FrameOfReferenceUID": f"2.25.73{number}",
            "PatientName": f"Test^Number{number}",
            "PatientID": f"ID{number}",
        }
        write(image(index, **(values | changes)), folder / f"{index:03d}.dcm")
    return folder


def add_folder(library: Library, folder: Path, *, copy: bool = False) -> ScanReport:
    """Scan a folder and put it on the list."""
    report = scan(folder)
    library.add(report, copy=copy)
    return report


def digests(folder: Path) -> dict[str, tuple[str, int]]:
    """Return SHA-256 and time of every file below a folder: what must not change."""
    found = {}
    for path in sorted(Path(place, name) for place, _, names in os.walk(folder) for name in names):
        found[str(path.relative_to(folder))] = (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
    return found


def content(library: Library) -> dict[str, list[tuple[str, list[str]]]]:
    """Return what a library holds, by identity: the series of each study and the bytes of their files."""
    found = {}
    for row in library.search(limit=10_000):
        study = library.open_study(row.id)
        found[row.identity] = [(series.key, _bytes_of(series)) for series in study.series]
    return found


def _bytes_of(series: Series) -> list[str]:
    return [hashlib.sha256(instance.path.read_bytes()).hexdigest() for instance in series.instances]
