"""What models found, as a structured report: boxes, scores and measured values (PS3.16 TID 1500)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from medview.errors import MedViewError, Sentence
from medview.files.atomic import written_whole
from medview.files.headers.dicom_header import MAKER, is_own
from medview.files.made_uid import made_uid, new_uid
from medview.files.objects.dicom_sources import source_headers
from medview.files.objects.finding_groups import FindingGroups, Row, meant_row, read_row
from medview.files.objects.person_observer import name_observer, observer_name, person_observer, read_observer
from medview.progress import Progress, unheard
from medview.study.finding import Finding
from medview.study.geometry import Geometry
from medview.study.series import Series

_SHARED = {"SeriesDescription": "Findings of a model (research)", "ContentQualification": "RESEARCH"}


def write_report(
    findings: Sequence[Finding], series: Series, geometry: Geometry, path: Path, *, progress: Progress = unheard
) -> tuple[Sentence, ...]:
    """Write findings on one series as a Comprehensive SR, read it back and compare.

    A box becomes a rectangle on every slice that it touches (TID 1411); the scores of a run are one group, and so is a
    value (TID 1501). Curves, maps and derived images have no place in it and are refused.

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
        if _written(beside) != _meant(findings, series, geometry):
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
    groups = FindingGroups(headers, series, geometry)
    content = MeasurementReport(
        observation_context=ObservationContext(person_observer(findings), observer),
        procedure_reported=codes.SCT.ImagingProcedure,
        imaging_measurements=[_observed(groups.group(finding), finding) for finding in findings],
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


def _observed(group: Any, finding: Finding) -> Any:
    """Return a group with who judged its finding in it."""
    name_observer(group, finding)
    return group


def _meant(findings: Sequence[Finding], series: Series, geometry: Geometry) -> list[tuple[Row, str]]:
    """Return what should be in the file, and who judged it."""
    return sorted((meant_row(finding, series, geometry), observer_name(finding)) for finding in findings)


def _written(path: Path) -> list[tuple[Row, str]]:
    """Return what is in a file, read anew."""
    from highdicom.sr import srread

    content: Any = srread(path).content
    regions = content.get_volumetric_roi_measurement_groups()
    rows = [(read_row(group, len(group.roi or [])), read_observer(group)) for group in regions]
    return sorted(rows + [(read_row(g), read_observer(g)) for g in content.get_image_measurement_groups()])
