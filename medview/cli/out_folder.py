"""The folder that results are written to."""

from __future__ import annotations

from pathlib import Path

from medview.errors import MedViewError
from medview.files.atomic import write_error
from medview.study.series import Series


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; MedViewError where that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise MedViewError("{path} is a file.", "Name a folder that may be made: -o DIR", path=folder) from error
    except OSError as error:
        raise write_error(error, folder) from error


def file_name(series: Series, number: int, count: int) -> str:
    """Return the name of file `number` (from 0) of `count`, made of what is safe in one; never of UIDs.

    It tells the stack where a series has several; of a 4-D one all places are one file.
    """
    modality = "".join(c for c in series.modality if c.isascii() and c.isalnum())[:16]
    stack = _safe(series.stack) if series.axis is None else ""
    counted = f"{number + 1:0{max(2, len(str(count)))}d}"
    return "_".join(part for part in (counted, modality, _safe(series.series_description), stack) if part)


def _safe(text: str) -> str:
    """Return a text without odd characters, which a file may hold, and without two lines in a row."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in text).split()
    return "_".join(words)[:40].strip("_")
