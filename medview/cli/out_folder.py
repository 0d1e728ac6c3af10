"""The folder that results are written to."""

from __future__ import annotations

from pathlib import Path

from medview.files.atomic import write_error
from medview.study.series import Series


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; MedViewError where that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, folder) from error


def file_name(series: Series, number: int) -> str:
    """Return a file name made of what is safe in one; never of UIDs, nor of odd characters from the file."""
    safe = "".join(c if c.isascii() and c.isalnum() else "_" for c in series.series_description)[:40].strip("_")
    modality = "".join(c for c in series.modality if c.isascii() and c.isalnum())[:16]
    return "_".join(part for part in (f"{number + 1:02d}", modality, safe) if part)
