"""What models found, as a structured report: boxes, scores and measured values (PS3.16 TID 1500)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medview.errors import MedViewError, Sentence
from medview.files.atomic import written_whole
from medview.files.headers.dicom_header import MAKER, is_own
from medview.files.made_uid import made_uid, new_uid
from medview.files.objects.coded import coded, flat, long_string
from medview.files.objects.dicom_sources import source_headers
from medview.progress import Progress, unheard
from medview.study.finding import ClassScores, Concept, Finding, MeasuredValue, ScoredBox
from medview.study.geometry import Geometry
from medview.study.series import Series

_RAW_SCORE = ("MV0001", "99MEDVIEW", "Raw score of the model, not a probability")
_CALIBRATED = ("MV0002", "99MEDVIEW", "Score of the model, calibrated as its card says")
_STATUS = ("MV0003", "99MEDVIEW", "Status of the finding")
_STATUSES = {
    "proposed": ("MV0010", "99MEDVIEW", "Proposed by the model, not reviewed"),
    "accepted": ("MV0011", "99MEDVIEW", "Accepted by a person"),
    "rejected": ("MV0012", "99MEDVIEW", "Rejected by a person"),
    "edited": ("MV0013", "99MEDVIEW", "Corrected by a person"),
}
_TOLD = ("weights_sha256", "manifest_sha256", "parameters", "device", "precision", "rung", "medview_version")
_SHARED = {"SeriesDescription": "Findings of a model (research)", "ContentQualification": "RESEARCH"}


def write_report(
    findings: Sequence[Finding], series: Series, geometry: Geometry, path: Path, *, progress: Progress = unheard
) -> tuple[Sentence, ...]:
    """Write findings on one series as a Comprehensive SR, read it back and compare.

    A box becomes a rectangle on every slice that it touches (TID 1411); scores and values are groups of their own (TID
    1501). Curves, maps and derived images have no place in it and are refused.

    Returns
    -------
    tuple of Sentence
        What had to be made up because the images lack it.

    Raises
    ------
    MedViewError
        There is nothing to write, the images are no DICOM series, or what is read back differs.
    """
    if not findings:
        raise MedViewError("There are no findings to save.", "Accept some in the list of findings first.")
    if series.file_format != "DICOM":
        raise MedViewError(
            "A DICOM report refers to DICOM images, and these are {format}.",
            "Save the findings as a table.",
            format=series.file_format,
        )
    headers, said = source_headers(series, geometry)
    progress(0.3, "Writing")
    dataset = _report(findings, headers, series, geometry)
    with written_whole(path, may_replace=lambda there: is_own(there, "report")) as beside:
        dataset.save_as(beside, enforce_file_format=True)
        progress(0.7, "Reading back")
        if _written(beside) != _meant(findings, geometry):
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=path.name)
    return said


def _report(findings: Sequence[Finding], headers: Sequence[Dataset], series: Series, geometry: Geometry) -> Dataset:
    import highdicom
    from highdicom.sr import MeasurementReport, ObservationContext, ObserverContext
    from pydicom.sr.codedict import codes

    from medview.version import __version__

    device = highdicom.sr.DeviceObserverIdentifyingAttributes(
        uid=made_uid("device", __version__), name=MAKER, manufacturer_name=MAKER, model_name=MAKER
    )
    observer = ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device)
    groups = [group for finding in findings for group in _groups(finding, headers, series, geometry)]
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer),
        procedure_reported=codes.SCT.ImagingProcedure,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    made = highdicom.sr.ComprehensiveSR(
        evidence=list(headers),
        content=content[0],
        series_instance_uid=new_uid(),
        series_number=min(max(series.series_number or 0, 0) * 100 + 3, 2**31 - 1),
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MAKER,
        software_versions=__version__,
        device_serial_number="0",
    )
    for keyword, value in _SHARED.items():
        setattr(made, keyword, value)
    dataset: Dataset = made
    return dataset


def _groups(finding: Finding, headers: Sequence[Dataset], series: Series, geometry: Geometry) -> list[Any]:
    """Return the measurement groups of a finding."""
    payload = finding.payload
    if isinstance(payload, ScoredBox):
        return [_box_group(finding, payload, headers, series, geometry)]
    if isinstance(payload, ClassScores):
        rows = zip(payload.concepts, payload.scores, strict=True)
        name = _CALIBRATED if payload.kind == "calibrated" else _RAW_SCORE
        return [_value_group(finding, concept, name, float(score), "1", headers) for concept, score in rows]
    if isinstance(payload, MeasuredValue):
        code = payload.concept.type
        name = (code.value, code.scheme, code.meaning)
        return [_value_group(finding, payload.concept, name, payload.value, payload.unit, headers)]
    raise MedViewError(
        "A finding of this kind has no place in a structured report.", "Save it as images or as a table instead."
    )


def _box_group(finding: Finding, box: ScoredBox, headers: Sequence[Dataset], series: Series, geometry: Geometry) -> Any:
    from highdicom.sr import ImageRegion, SourceImageForRegion, VolumetricROIMeasurementsAndQualitativeEvaluations

    regions = []
    for slice_index, points in _rectangles(box, geometry):
        instance = series.instances[slice_index]
        # of a file with frames always the frame: without one the box would be on all of them
        frames = [instance.frame_index + 1] if "NumberOfFrames" in headers[0] else None
        image = SourceImageForRegion(instance.sop_class_uid, instance.sop_instance_uid, frames)
        regions.append(ImageRegion("POLYLINE", points, image))
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        referenced_regions=regions,
        **_common(finding, box.concept, finding.uid),
        measurements=[_measurement(_RAW_SCORE, box.score, "1")],
    )


def _value_group(
    finding: Finding, concept: Concept, name: tuple[str, str, str], value: float, unit: str, headers: Sequence[Dataset]
) -> Any:
    from highdicom.sr import MeasurementsAndQualitativeEvaluations, SourceImageForMeasurementGroup

    images = [SourceImageForMeasurementGroup(h.SOPClassUID, h.SOPInstanceUID) for h in headers]
    return MeasurementsAndQualitativeEvaluations(
        source_images=images,
        **_common(finding, concept, _uid_of(finding, concept)),
        measurements=[_measurement(name, value, unit)],
    )


def _common(finding: Finding, concept: Concept, uid: str) -> dict[str, Any]:
    """Return what every group says: who found what, how, and what a person thinks of it."""
    from highdicom.sr import AlgorithmIdentification, CodedConcept, QualitativeEvaluation, TrackingIdentifier

    told = finding.provenance
    return {
        "tracking_identifier": TrackingIdentifier(uid=uid, identifier=long_string(concept.label)),
        "finding_type": coded(concept.type),
        "finding_category": coded(concept.category),
        "algorithm_id": AlgorithmIdentification(
            name=long_string(str(told.get("plugin", "unknown"))),
            version=long_string(str(told.get("plugin_version", "unknown"))),
            parameters=[f"{key}={flat(told[key])}" for key in _TOLD if key in told],
        ),
        "qualitative_evaluations": [
            QualitativeEvaluation(CodedConcept(*_STATUS), CodedConcept(*_STATUSES[finding.status]))
        ],
    }


def _measurement(name: tuple[str, str, str], value: float, unit: str) -> Any:
    from highdicom.sr import CodedConcept, Measurement

    return Measurement(
        CodedConcept(*name), _kept(value), CodedConcept(unit, "UCUM", "no units" if unit == "1" else unit)
    )


def _rectangles(box: ScoredBox, geometry: Geometry) -> list[tuple[int, NDArray[np.float64]]]:
    """Return the slices of a box and its outline on each: (5, 2) column and row, 0 at the image's corner (C.18.6)."""
    slices, rows, columns = geometry.shape
    first = max(0, int(np.ceil(box.low_index[0] - 0.5 + 1e-6)))
    last = min(slices - 1, int(np.floor(box.high_index[0] + 0.5 - 1e-6)))
    (top, bottom), (left, right) = (
        (float(np.clip(box.low_index[axis] + 0.5, 0, side)), float(np.clip(box.high_index[axis] + 0.5, 0, side)))
        for axis, side in ((1, rows), (2, columns))
    )
    outline = np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])
    return [(index, outline) for index in range(first, max(first, last) + 1)]


def _meant(findings: Sequence[Finding], geometry: Geometry) -> set[tuple[str, float, int]]:
    """Return Tracking UID, value and number of rectangles of every group that should be in the file."""
    meant: set[tuple[str, float, int]] = set()
    for finding in findings:
        payload = finding.payload
        if isinstance(payload, ScoredBox):
            meant.add((finding.uid, _kept(payload.score), len(_rectangles(payload, geometry))))
        elif isinstance(payload, ClassScores):
            rows = zip(payload.concepts, payload.scores, strict=True)
            meant |= {(_uid_of(finding, concept), _kept(float(score)), 0) for concept, score in rows}
        elif isinstance(payload, MeasuredValue):
            meant.add((_uid_of(finding, payload.concept), _kept(payload.value), 0))
    return meant


def _written(path: Path) -> set[tuple[str, float, int]]:
    """Return the same of the groups that are in a file, read anew."""
    from highdicom.sr import srread

    content: Any = srread(path).content
    rows: set[tuple[str, float, int]] = set()
    for group in content.get_volumetric_roi_measurement_groups():
        (value,) = group.get_measurements()
        rows.add((str(group.tracking_uid), float(value.value), len(group.roi or [])))
    for group in content.get_image_measurement_groups():
        (value,) = group.get_measurements()
        rows.add((str(group.tracking_uid), float(value.value), 0))
    return rows


def _uid_of(finding: Finding, concept: Concept) -> str:
    """Return the Tracking UID of one class of a finding that has several: always the same."""
    return made_uid("finding", finding.uid, concept.id)


def _kept(value: float) -> float:
    """Return the number as a Decimal String of 16 characters holds it."""
    return float(f"{value:.9g}")
