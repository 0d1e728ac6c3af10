"""`medview check`: everything read and decoded, and one verdict for each file or stack."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from medview.cli.answer import Answer
from medview.cli.opened import Opened, opened
from medview.errors import MedViewError
from medview.progress import Progress, part
from medview.study.series import Series

if TYPE_CHECKING:
    from medview.study.study_object import StudyObject

Verdict = Literal["ok", "warning", "rejected"]
_ORDER: tuple[Verdict, ...] = ("ok", "warning", "rejected")
_FOREIGN = ("not DICOM", "empty file", "special file")
_FINE = ("copy of another file", "Media Storage Directory", "DICOMDIR")
_QUIET_GUARD = ("uniform", "single", "4D", "cine", "mosaic")  # nothing that a reader must beware of


def check(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Read every file's header, then decode every image; the answer has a row for each stack and each other file."""
    with opened(arguments.path, part(progress, 0.0, 0.3), spacing=arguments.spacing, may_be_empty=True) as found:
        rows = [*_stack_rows(found, part(progress, 0.3, 1.0)), *_file_rows(found)]
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in _ORDER}
    data = {"verdict": _overall(rows), "counts": counts, "rows": rows}
    lines = [f"{row['verdict']:8} {row['path']}: {row['message']}" for row in rows]
    total = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return Answer(data, "\n".join([*lines, total]))


def _overall(rows: Iterable[dict[str, Any]]) -> Verdict:
    """Return "rejected" where nothing can be opened, "warning" where a reader must beware of something, else "ok"."""
    verdicts = [row["verdict"] for row in rows]
    if not any(verdict != "rejected" for verdict in verdicts):
        return "rejected"
    return "ok" if all(verdict == "ok" for verdict in verdicts) else "warning"


def _stack_rows(found: Opened, progress: Progress) -> list[dict[str, Any]]:
    series = found.series
    rows = []
    for number, one in enumerate(series):
        span = part(progress, number / len(series), (number + 1) / len(series))
        rows.append(_stack_row(found, one, span))
    return rows


def _stack_row(found: Opened, series: Series, progress: Progress) -> dict[str, Any]:
    """Decode one stack and return its row."""
    said = [str(warning) for warning in series.warnings]
    said += [str(line.text) for line in series.guard if line.kind not in _QUIET_GUARD]
    verdict: Verdict = "warning" if said else "ok"
    if series.refusal is not None:
        verdict, said = "rejected", [str(series.refusal)]
    else:
        try:
            found.read(series, progress)
        except MedViewError as error:
            verdict, said = "rejected", [str(error)]
    return {
        "path": str(_place(series)),
        "kind": "stack",
        "key": series.key,
        "modality": series.modality,
        "series_description": series.series_description,
        "images": len(series.instances),
        "files": len({instance.path for instance in series.instances}),
        "verdict": verdict,
        "message": " ".join(said) or f"{len(series.instances)} images read.",
    }


def _place(series: Series) -> Path:
    """Return the file of a stack that has one, else the folder of its first."""
    paths = {instance.path for instance in series.instances}
    first = series.instances[0].path
    return first if len(paths) == 1 else first.parent


def _file_rows(found: Opened) -> list[dict[str, Any]]:
    """Return a row for each file that holds no image, or a refused one."""
    report = found.report
    listed = {one.path: one for study in report.studies for one in study.objects}
    rows = [_object_row(one) for one in listed.values()]
    rows += [_other_row(path, str(kind)) for path, kind in report.other if path not in listed]
    rows += [_row(path, "rejected", "file", str(reason)) for path, reason in report.rejected]
    return rows


def _object_row(one: StudyObject) -> dict[str, Any]:
    if one.refusal is not None:
        return _row(one.path, "rejected", one.kind, str(one.refusal))
    said = " ".join(str(warning) for warning in one.warnings)
    return _row(one.path, "warning" if said else "ok", one.kind, said or f"Listed: {one.kind}.")


def _other_row(path: Path, kind: str) -> dict[str, Any]:
    if kind in _FINE:
        return _row(path, "ok", kind, f"No image: {kind}.")
    return _row(path, "rejected" if kind in _FOREIGN else "warning", kind, f"No image: {kind}.")


def _row(path: Path, verdict: Verdict, kind: str, message: str) -> dict[str, Any]:
    return {"path": str(path), "kind": kind, "verdict": verdict, "message": message}
