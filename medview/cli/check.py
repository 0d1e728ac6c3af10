"""`medview check`: everything read and decoded, and one verdict for each file or stack."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from medview.cli.answer import Answer
from medview.cli.opened import Opened, opened
from medview.errors import MedViewError, Sentence
from medview.progress import Progress, part, unheard
from medview.study.series import Instance, Series

if TYPE_CHECKING:
    from medview.study.study_object import StudyObject

Verdict = Literal["ok", "warning", "rejected"]
_ORDER: tuple[Verdict, ...] = ("ok", "warning", "rejected")
_FOREIGN = ("not DICOM", "empty file")
_COPY, _SPECIAL = "copy of another file", "special file"
_DIRECTORY = "Media Storage Directory"  # the standard's name of a DICOMDIR
_REFUSED = ("were left out", "were not read")  # remarks on what was not opened on purpose
# an object that is whole, and whose images are not here
_WITHOUT_IMAGES = (
    "{name} belongs to another series: {series}.",
    "{name} does not say which images it was made from.",
)
_QUIET_GUARD = ("uniform", "single", "4D", "cine", "mosaic")  # nothing that a reader must beware of
_ALREADY_FOUND = 0.2  # the part of the work that the scan is: decoding takes longer than reading headers


def check(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Read every file's header, then decode every image; the answer has a row for each stack and each other file."""
    scanning = part(progress, 0.0, _ALREADY_FOUND)
    with opened(arguments.path, scanning, spacing=arguments.spacing, may_be_empty=True) as found:
        rows = [*_stack_rows(found, part(progress, _ALREADY_FOUND, 1.0)), *_file_rows(found)]
        rows += [_remark_row(arguments.path[0], remark) for remark in found.report.remarks]
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


def _stack_rows(found: Opened, progress: Progress) -> Iterator[dict[str, Any]]:
    """Decode all stacks and yield their rows, each with those of its files that are damaged."""
    total = sum(len(series.instances) for series in found.series) or 1
    done = 0
    parts = _parts(found)
    for series in found.series:
        span = part(progress, done / total, (done + len(series.instances)) / total)
        row = _stack_row(found, series, parts[series.study_instance_uid, series.series_instance_uid], span)
        yield row
        if row["verdict"] == "rejected" and row["files"] > 1 and series.refusal is None:
            yield from _damaged_rows(found, series)
        done += len(series.instances)


def _damaged_rows(found: Opened, series: Series) -> Iterator[dict[str, Any]]:
    """Yield a row for each file of a stack that cannot be decoded, so that one damaged file hides no other."""
    files: dict[Path, list[Instance]] = defaultdict(list)
    for instance in series.instances:
        files[instance.path].append(instance)
    for path, members in files.items():
        geometry = series.geometry and replace(series.geometry, shape=(len(members), *series.geometry.shape[1:]))
        try:
            found.read(replace(series, instances=tuple(members), geometry=geometry))
        except MedViewError as error:
            yield _row(found.name(path), "file", "rejected", str(error))


def _parts(found: Opened) -> dict[tuple[str, str], int]:
    """Return into how many stacks each series was divided, the places of a 4-D one counted once."""
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for series in found.series:
        names[series.study_instance_uid, series.series_instance_uid].add(
            series.axis.group if series.axis else series.key
        )
    return {key: len(members) for key, members in names.items()}


def _stack_row(found: Opened, series: Series, parts: int, progress: Progress) -> dict[str, Any]:
    """Decode one stack and return its row."""
    said = [Sentence("The series was divided into {count} stacks.", {"count": parts})] if parts > 1 else []
    said += [line.text for line in series.guard if line.kind not in _QUIET_GUARD]
    verdict, message = _verdict(found, series, (*said, *series.warnings), progress)
    return {
        "path": found.name(_place(series)),
        "kind": "stack",
        "key": series.key,
        "modality": series.modality,
        "series_description": series.series_description,
        "images": len(series.instances),
        "files": len({instance.path for instance in series.instances}),
        "verdict": verdict,
        "message": message or f"{len(series.instances)} images read.",
    }


def _verdict(found: Opened, series: Series, said: tuple[Sentence, ...], progress: Progress) -> tuple[Verdict, str]:
    if series.refusal is not None:
        return "rejected", str(series.refusal)
    try:
        volume = found.read(series, progress)
    except MedViewError as error:
        return "rejected", str(error)
    said += tuple(warning for warning in volume.series.warnings if warning not in series.warnings)
    return "warning" if said else "ok", " ".join(map(_as_sentence, said))


def _as_sentence(said: Sentence) -> str:
    """Return a remark or a badge as a sentence."""
    text = str(said)
    return text if text.endswith((".", "!", "?")) else f"{text[:1].upper()}{text[1:]}."


def _place(series: Series) -> Path:
    """Return the file of a stack that has one, else the folder of its first."""
    paths = {instance.path for instance in series.instances}
    first = series.instances[0].path
    return first if len(paths) == 1 else first.parent


def _file_rows(found: Opened) -> list[dict[str, Any]]:
    """Return a row for each file that holds no image, or a refused one; objects beside images are opened."""
    report = found.report
    objects = {one.path: (one, study.series) for study in report.studies for one in study.objects}
    rows = []
    for path, kind in report.other:
        said = _on_object(found, *objects[path]) if path in objects else _on_other(path, kind)
        rows.append(_row(found.name(path), str(kind), *said))
    return rows + [_row(found.name(path), "file", "rejected", str(reason)) for path, reason in report.rejected]


def _on_object(found: Opened, one: StudyObject, series: tuple[Series, ...]) -> tuple[Verdict, str]:
    """Open an object that is no image, and return what came of it."""
    from medview.session.opened_object import Reading, read_opened

    if one.refusal is not None:
        return "rejected", str(one.refusal)
    try:
        report = read_opened(Reading(one, series, found.workers, unheard)).report
    except MedViewError as error:
        return "warning" if error.message.template in _WITHOUT_IMAGES else "rejected", str(error)
    said = " ".join(map(_as_sentence, dict.fromkeys((*one.warnings, *report.warnings))))
    return "warning" if said else "ok", said or f"Opened: {one.kind}."


def _on_other(path: Path, kind: Sentence) -> tuple[Verdict, str]:
    if kind.template == _COPY:
        return "ok", "A copy of another file: it is left out."
    if str(kind) == _DIRECTORY or (kind.template == _SPECIAL and path.is_symlink()):
        return "ok", f"No image: {kind}."
    return "rejected" if kind.template in _FOREIGN else "warning", f"No image: {kind}."


def _remark_row(path: Path, remark: Sentence) -> dict[str, Any]:
    refused = any(words in remark.template for words in _REFUSED)
    return _row(str(path), "remark", "rejected" if refused else "warning", str(remark))


def _row(path: str, kind: str, verdict: Verdict, message: str) -> dict[str, Any]:
    return {"path": path, "kind": kind, "verdict": verdict, "message": message}
