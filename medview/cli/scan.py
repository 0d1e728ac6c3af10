"""`medview scan`: what lies in a folder."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from medview.cli.answer import Answer
from medview.cli.opened import Opened, opened
from medview.cli.stack_data import series_as_data
from medview.errors import fill
from medview.progress import Progress

_PLAIN = ("uniform", "single", "4D")  # kinds of guard lines that go without saying, or are said by the sizes

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.study.study_object import StudyObject


def scan(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """List studies, series and stacks, other objects, and what was left out and why."""
    from medview.files.scanning.dicom_scan import nothing_found

    with opened(arguments.path, progress, spacing=arguments.spacing, may_be_empty=True) as found:
        data = report_as_data(found)
    error = None if found.report.studies else nothing_found(arguments.path, found.report)
    return Answer(data, _as_text(data), error)


def report_as_data(found: Opened) -> dict[str, Any]:
    """Return a scan's report; found = images + other + rejected, all counted in files."""
    report = found.report
    other = [{"path": found.name(path), "kind": str(kind)} for path, kind in report.other]
    rejected = [{"path": found.name(path), "reason": str(reason)} for path, reason in report.rejected]
    return {
        "found": report.found,
        "images": report.images,
        "counts": {"found": report.found, "images": report.images, "other": len(other), "rejected": len(rejected)},
        "studies": [_study_as_data(found, study) for study in report.studies],
        "other": other,
        "rejected": rejected,
        "remarks": [str(remark) for remark in report.remarks],
    }


def _study_as_data(found: Opened, study: FoundStudy) -> dict[str, Any]:
    facts = study.facts
    return {
        "study_instance_uid": facts.study_instance_uid,
        "patient_id": facts.patient.patient_id,
        "patient_name": facts.patient.patient_name,
        "patient_birth_date": facts.patient.patient_birth_date,
        "patient_sex": facts.patient.patient_sex,
        "study_date": facts.study_date,
        "study_time": facts.study_time,
        "study_description": facts.study_description,
        "accession_number": facts.accession_number,
        "series": series_as_data(study.series),
        "objects": [_object_as_data(found, one) for one in study.objects],
    }


def _object_as_data(found: Opened, one: StudyObject) -> dict[str, Any]:
    return {
        "path": found.name(one.path),
        "kind": one.kind,
        "sop_class_name": one.sop_class_name,
        "sop_instance_uid": one.sop_instance_uid,
        "series_instance_uid": one.series_instance_uid,
        "series_number": one.series_number,
        "modality": one.modality,
        "label": one.label,
        "warnings": [str(warning) for warning in one.warnings],
        "refusal": str(one.refusal) if one.refusal is not None else None,
    }


def _as_text(data: dict[str, Any]) -> str:
    lines: list[str] = []
    for study in data["studies"]:
        lines.append(f"Study {study['study_date']} {study['study_description']}".rstrip())
        for series in study["series"]:
            lines.extend(line for stack in series["stacks"] for line in _stack_lines(series, stack))
        lines.extend(f"  {one['modality']:4} {one['kind']}: {one['label']}" for one in study["objects"])
    lines.extend(f"other    {row['path']}: {row['kind']}" for row in data["other"])
    lines.extend(f"rejected {row['path']}: {row['reason']}" for row in data["rejected"])
    counts = data["counts"]
    total = fill(
        "{found} {found:file|files}: {images} {images:image|images}, {other} other, {rejected} rejected", counts
    )
    return "\n".join([*lines, *data["remarks"], total])


def _stack_lines(series: dict[str, Any], stack: dict[str, Any]) -> list[str]:
    size = "x".join(map(str, stack["shape"])) if stack["shape"] else "no volume"
    axis = stack["axis"]
    size += f" x {axis['count']} ({axis['name']})" if axis else ""
    noun = "image " if stack["images"] == 1 else "images"
    first = f"  {series['modality']:4} {stack['images']:5} {noun}  {size:16} {series['series_description']}"
    said = [f"       ! {line['text']}" for line in stack["guard"] if line["kind"] not in _PLAIN]
    said += [f"       ! {warning}" for warning in stack["warnings"]]
    said += [f"       x {stack['refusal']}"] if stack["refusal"] else []
    return [first, f"       {stack['key']}", *said]
