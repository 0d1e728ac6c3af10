"""What a scan makes of a folder, in the words of tests."""

from __future__ import annotations

from pathlib import Path

from medview.files.scanning.dicom_scan import scan
from medview.study.geometry import Geometry
from medview.study.series import Series


def dicom_series(folder: Path) -> list[Series]:
    return [s for study in scan(folder).studies for s in study.series if s.file_format == "DICOM"]


def stacks(folder: Path) -> dict[str, Series]:
    return {s.stack: s for s in dicom_series(folder)}


def only(folder: Path) -> Series:
    (series,) = stacks(folder).values()
    return series


def placed(series: Series) -> Geometry:
    assert series.geometry is not None, str(series.refusal)
    return series.geometry


def guard(series: Series) -> list[str]:
    return [f"{line.kind}: {line.text}" for line in series.guard]


def texts(series: Series) -> str:
    return " | ".join(map(str, series.warnings))


def axes(found: dict[str, Series]) -> list[tuple[str, str, int, int, float | None]]:
    return [(a.name, a.unit, a.number, a.count, a.value) for a in (s.axis for s in found.values()) if a is not None]
