"""A parametric map as a volume of its own, in its real world unit (PS3.3 A.75)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_codes import meaning_of, unit_of
from medview.files.headers.dicom_file import read_dicom_file
from medview.files.headers.dicom_pixel_facts import stored_pixels
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import DicomObject, read_object
from medview.files.pixels.frame_stack import frame_stack
from medview.files.workers import Workers
from medview.study import shared_array
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.series import Instance, Series, StoredPixels
from medview.study.study_object import StudyObject
from medview.study.volume import Volume


@dataclass(frozen=True, eq=False)
class ReadMap:
    """A parametric map: float32 real world values; and what is to be read of it."""

    volume: Volume
    report: ObjectReport


@dataclass(frozen=True)
class _Mapping:
    """Real world value mapping of a frame (PS3.3 C.7.6.16.2.11)."""

    slope: float
    intercept: float
    unit: str
    label: str


def read_parametric_map(found: StudyObject, workers: Workers | None = None) -> ReadMap:
    """Read a parametric map of integers, floats or doubles.

    Raises
    ------
    MedViewError
        The file is missing, damaged, no parametric map, or its frames do not lie evenly.
    """
    file = read_object(found.path)
    values = file.values
    groups = values.items("PerFrameFunctionalGroupsSequence")
    shared = values.item("SharedFunctionalGroupsSequence")
    stored = file.frames(workers)
    if len(groups) != len(stored):
        raise MedViewError(
            "{name} does not say where its frames lie.", "Copy it again from its source.", name=found.path.name
        )
    placed = frame_stack(
        file.size,
        [_place(group, shared, found) for group in groups],
        _of(groups[0], shared, "PlaneOrientationSequence").numbers("ImageOrientationPatient") or (0.0,) * 6,
        _of(groups[0], shared, "PixelMeasuresSequence").numbers("PixelSpacing") or (0.0, 0.0),
        _of(groups[0], shared, "PixelMeasuresSequence").number("SliceThickness"),
        values.text("FrameOfReferenceUID"),
    )
    if placed is None:
        raise MedViewError(
            "The frames of {name} do not lie evenly, or hold several values at one place.",
            "Ask for one map at a time.",
            name=found.path.name,
        )
    geometry, order = placed
    mappings = [_mapping(_of(group, shared, "RealWorldValueMappingSequence")) for group in groups]
    array = shared_array.allocate_for_series(geometry.shape, np.float32)
    for place, k in enumerate(order):
        array[place] = _mapped(stored[int(k)], mappings[int(k)])
    units = {m.unit for m in mappings if m is not None}
    unit = units.pop() if len(units) == 1 else ""
    series = _series(file, [int(k) for k in order], mappings, found)
    window = _window(array)
    series = replace(series, geometry=geometry, windows=(window,), rescale_type=unit)
    return ReadMap(Volume(array, geometry, series, unit), _report(found, values, mappings, array))


def _of(group: Values, shared: Values, keyword: str) -> Values:
    """Return a functional group of a frame, the shared one where the frame has none."""
    return (group if group.has(keyword) else shared).item(keyword)


def _place(group: Values, shared: Values, found: StudyObject) -> tuple[float, ...]:
    place = _of(group, shared, "PlanePositionSequence").numbers("ImagePositionPatient")
    if len(place) != 3:
        raise MedViewError(
            "{name} does not say where its frames lie.", "Copy it again from its source.", name=found.path.name
        )
    return place


def _mapping(item: Values) -> _Mapping | None:
    slope, intercept = item.number("RealWorldValueSlope"), item.number("RealWorldValueIntercept")
    if slope is None or intercept is None:
        return None
    unit = unit_of(item.item("MeasurementUnitsCodeSequence"))
    return _Mapping(slope, intercept, unit, item.text("LUTLabel") or item.text("LUTExplanation"))


def _mapped(pixels: NDArray[Any], mapping: _Mapping | None) -> NDArray[np.float32]:
    if mapping is None:
        return pixels.astype(np.float32)
    mapped: NDArray[np.float64] = pixels.astype(np.float64) * mapping.slope + mapping.intercept
    return mapped.astype(np.float32)


def _window(array: NDArray[np.float32]) -> tuple[float, float]:
    """Return the window of all values that are numbers."""
    finite = array[np.isfinite(array)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low + high) / 2.0, max(high - low, 1e-6)


def _series(file: DicomObject, order: list[int], mappings: list[_Mapping | None], found: StudyObject) -> Series:
    """Return the series, whose instances tell how to read it again like any other."""
    values, pixels = file.values, _stored_pixels(found)
    uid, sop_class = values.text("SOPInstanceUID"), values.text("SOPClassUID")
    return Series(
        values.text("SeriesInstanceUID"),
        values.text("StudyInstanceUID"),
        modality=values.text("Modality"),
        series_number=values.integer("SeriesNumber"),
        series_description=values.text("SeriesDescription") or values.text("ContentLabel"),
        image_type=values.texts("ImageType"),
        sop_class_uid=sop_class,
        manufacturer=values.text("Manufacturer"),
        rows=file.size[0],
        columns=file.size[1],
        instances=tuple(
            Instance(
                found.path,
                uid,
                sop_class,
                frame_index=k,
                transfer_syntax_uid=file.transfer_syntax_uid,
                rescale_slope=1.0 if (mapping := mappings[k]) is None else mapping.slope,
                rescale_intercept=0.0 if mapping is None else mapping.intercept,
                pixels=pixels,
            )
            for k in order
        ),
        voi_lut_function="LINEAR_EXACT",
    )


def _stored_pixels(found: StudyObject) -> StoredPixels | None:
    file = read_dicom_file(found.path)
    return None if file is None else stored_pixels(file)[0]


def _report(
    found: StudyObject, values: Values, mappings: list[_Mapping | None], array: NDArray[np.float32]
) -> ObjectReport:
    said: tuple[Sentence, ...] = ()
    if any(m is None for m in mappings):
        said += (Sentence("Some frames have no real world value mapping: stored values are shown, without a unit."),)
    if len({m.unit for m in mappings if m is not None}) > 1:
        said += (Sentence("The frames have different units: values are shown without a unit."),)
    if not np.isfinite(array).all():
        said += (Sentence("Some values are no numbers: they are shown black."),)
    first = next((m for m in mappings if m is not None), None)
    lines = [ReportLine(Sentence("Description"), values.text("ContentDescription"))]
    if first is not None:
        lines += [ReportLine(Sentence("Quantity"), first.label), ReportLine(Sentence("Unit"), first.unit)]
    quantity = values.item("SharedFunctionalGroupsSequence").item("RealWorldValueMappingSequence")
    for item in quantity.items("QuantityDefinitionSequence"):
        name = meaning_of(item.item("ConceptNameCodeSequence"))
        lines.append(ReportLine(name, meaning_of(item.item("ConceptCodeSequence"))))
    title = values.text("ContentLabel") or found.label
    return ObjectReport(found, title, tuple(line for line in lines if line.value), warnings=said)
