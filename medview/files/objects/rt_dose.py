"""A dose as a volume in gray on a grid of its own (PS3.3 A.18, C.8.8.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import DicomObject, read_object
from medview.files.pixels.frame_stack import frame_stack
from medview.files.workers import Workers
from medview.study.geometry import FloatArray
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.series import Series
from medview.study.study_object import StudyObject
from medview.study.volume import Volume

_COPY = "Copy it again from its source."
_SAME_MM = 0.05


@dataclass(frozen=True, eq=False)
class ReadDose:
    """A dose: float32 on its own grid, unit "Gy" or "" where it is relative; and what is to be read of it."""

    volume: Volume
    report: ObjectReport


def read_dose(found: StudyObject, workers: Workers | None = None) -> ReadDose:
    """Read a dose grid.

    Raises
    ------
    MedViewError
        The file is missing, damaged, no dose, or does not say where its planes lie.
    """
    file = read_object(found.path)
    values = file.values
    scaling = values.number("DoseGridScaling")
    if scaling is None or scaling <= 0:
        raise MedViewError("{name} holds no dose: its scaling is missing.", _COPY, name=found.path.name)
    stored = file.frames(workers)
    positions = _positions(values, len(stored), found)
    orientation, spacing = values.numbers("ImageOrientationPatient"), values.numbers("PixelSpacing")
    if len(orientation) != 6 or len(spacing) != 2:
        raise _nowhere(found)
    placed = frame_stack(
        file.size, positions, orientation, spacing, values.number("SliceThickness"), values.text("FrameOfReferenceUID")
    )
    if placed is None:
        raise MedViewError(
            "The planes of {name} are not at an even distance.", "Ask for an even grid.", name=found.path.name
        )
    geometry, order = placed
    array = np.stack([stored[int(k)] for k in order]).astype(np.float64) * scaling
    unit = "Gy" if values.text("DoseUnits") == "GY" else ""
    series = _series(file, geometry.shape)
    volume = Volume(array.astype(np.float32), geometry, series, unit)
    return ReadDose(volume, _report(found, values, array, unit))


def _positions(values: Values, count: int, found: StudyObject) -> FloatArray:
    """Return where each plane lies: offsets along the normal, or z of the patient where the first is that of the grid.

    Grid Frame Offset Vector (3004,000C), PS3.3 C.8.8.3.2.
    """
    origin = np.array(values.numbers("ImagePositionPatient"))
    orientation = values.numbers("ImageOrientationPatient")
    offsets = np.array(values.numbers("GridFrameOffsetVector") or ((0.0,) if count == 1 else ()))
    if origin.shape != (3,) or len(orientation) != 6 or offsets.shape != (count,):
        raise _nowhere(found)
    normal = np.cross(orientation[:3], orientation[3:])
    if abs(offsets[0]) > _SAME_MM:  # absolute: allowed for axial planes alone
        if abs(offsets[0] - origin[2]) > _SAME_MM or abs(abs(normal[2]) - 1.0) > 1e-3:
            raise _nowhere(found)
        absolute: FloatArray = np.concatenate([np.tile(origin[:2], (count, 1)), offsets[:, None]], axis=1)
        return absolute
    relative: FloatArray = origin + offsets[:, None] * normal
    return relative


def _nowhere(found: StudyObject) -> MedViewError:
    return MedViewError("{name} does not say where its planes lie.", _COPY, name=found.path.name)


def _series(file: DicomObject, shape: tuple[int, int, int]) -> Series:
    values = file.values
    return Series(
        values.text("SeriesInstanceUID"),
        values.text("StudyInstanceUID"),
        modality="RTDOSE",
        series_description=values.text("SeriesDescription"),
        rows=shape[1],
        columns=shape[2],
    )


def _report(found: StudyObject, values: Values, array: NDArray[np.float64], unit: str) -> ObjectReport:
    summation = values.text("DoseSummationType")
    said = list(_remarks(unit, summation))
    lines = (
        ReportLine(Sentence("Highest dose"), f"{array.max():.4g} {unit}".strip()),
        ReportLine(Sentence("Dose units"), values.text("DoseUnits")),
        ReportLine(Sentence("Dose type"), values.text("DoseType")),
        ReportLine(Sentence("Summation"), summation),
        ReportLine(Sentence("Grid"), " x ".join(map(str, array.shape))),
        ReportLine(Sentence("Comment"), values.text("DoseComment")),
    )
    title = found.label or values.text("DoseComment") or "RT Dose"
    return ObjectReport(found, title, tuple(line for line in lines if line.value), warnings=tuple(said))


def _remarks(unit: str, summation: str) -> Iterator[Sentence]:
    if not unit:
        yield Sentence("The dose is relative: its values are no gray.")
    if summation not in ("PLAN", "MULTI_PLAN", ""):
        yield Sentence("It is a part of the dose only ({kind}), not the sum of a plan.", {"kind": summation.lower()})
