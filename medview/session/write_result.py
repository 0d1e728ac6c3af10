"""Write everything that a plugin has given into a folder: for scripts and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medview.plugin.contract import Result
from medview.progress import Progress
from medview.session.apply_result import findings_of, segmentation_of
from medview.session.export_findings import reportable, write_image
from medview.session.export_segmentation import write
from medview.study.finding import DerivedImage, Finding, HeatMap
from medview.study.series import Series

_NO_SEG = "There is no DICOM Segmentation: the images are not DICOM."
_NO_REPORT = "There is no DICOM report: the images are not DICOM."


def write_result(result: Result, series: Series, folder: Path, progress: Progress) -> dict[str, Any]:
    """Write a result into a folder that is there, each file read back, and return what result.json says.

    Labels become segmentation.dcm and segmentation.nii.gz; boxes, scores and values findings.dcm (a structured report);
    derived images the folder derived and derived.nii.gz; heat maps heat_map.nii.gz. What DICOM cannot hold because the
    images are of another format is left out, and a remark says so.

    Raises
    ------
    MedViewError
        A file cannot be written, or what is read back differs.
    """
    from medview.files.result_json import findings_data, write_result_file

    files: list[str] = []
    remarks: list[str] = []
    data: dict[str, Any] = {"name": result.name, "segments": [], "provenance": dict(result.provenance)}
    if result.labels is not None:
        data |= _write_labels(result, series, folder, files, remarks, progress)
    findings = findings_of(result)
    if findings:
        _write_findings(findings, series, folder, files, remarks, progress)
    files.append(str(folder / "result.json"))
    data |= {"findings": findings_data(findings), "remarks": remarks, "files": files}
    write_result_file(data, folder / "result.json")
    return data


def _write_labels(
    result: Result, series: Series, folder: Path, files: list[str], remarks: list[str], progress: Progress
) -> dict[str, Any]:
    from medview.files.result_json import result_data

    segmentation = segmentation_of(result)
    if series.file_format == "DICOM":
        path = folder / "segmentation.dcm"
        remarks += [str(remark) for remark in write(segmentation, series, path, "dicom_seg", None, progress)]
        files.append(str(path))
    else:
        remarks.append(_NO_SEG)
    path = folder / "segmentation.nii.gz"
    write(segmentation, series, path, "nifti", None, progress)
    files.append(str(path))
    return result_data(segmentation)


def _write_findings(
    findings: tuple[Finding, ...],
    series: Series,
    folder: Path,
    files: list[str],
    remarks: list[str],
    progress: Progress,
) -> None:
    told, geometry = reportable(findings), findings[0].geometry
    if told and series.file_format == "DICOM":
        from medview.files.objects.finding_report import write_report

        path = folder / "findings.dcm"
        remarks += [str(remark) for remark in write_report(told, series, geometry, path, progress=progress)]
        files.append(str(path))
    elif told:
        remarks.append(_NO_REPORT)
    for finding in findings:
        if isinstance(finding.payload, DerivedImage):
            _write_image(finding, finding.payload, series, folder, files, remarks, progress)
        elif isinstance(finding.payload, HeatMap):
            from medview.files.formats.nifti import write_volume
            from medview.study.volume import Volume

            path = _free(folder / "heat_map.nii.gz")
            write_volume(Volume(finding.payload.array, geometry, series), path)
            files.append(str(path))


def _write_image(
    finding: Finding,
    image: DerivedImage,
    series: Series,
    folder: Path,
    files: list[str],
    remarks: list[str],
    progress: Progress,
) -> None:
    nifti = _free(folder / "derived.nii.gz")
    write_image(image, finding, series, finding.geometry, nifti, progress)
    files.append(str(nifti))
    if series.file_format == "DICOM":
        target = _free(folder / "derived")
        said = write_image(image, finding, series, finding.geometry, target, progress)
        remarks += [str(remark) for remark in said]
        files.append(str(target))


def _free(path: Path) -> Path:
    """Return the path, or the next of its name with a number that is not there yet: nothing is written over."""
    number, stem, ending = 1, *_parted(path.name)
    found = path
    while found.exists():
        number += 1
        found = path.with_name(f"{stem}-{number}{ending}")
    return found


def _parted(name: str) -> tuple[str, str]:
    return (name.removesuffix(".nii.gz"), ".nii.gz") if name.endswith(".nii.gz") else (name, "")
