"""`medview check`: everything read and decoded, and one verdict for each file or stack."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from medview.cli.answer import Answer
from medview.cli.opened import Opened, opened
from medview.cli.stack_data import stack_groups
from medview.errors import MedViewError, Sentence
from medview.progress import Progress, part, unheard
from medview.study.series import Instance, Series

if TYPE_CHECKING:
    from medview.study.study_object import StudyObject

Verdict = Literal["ok", "warning", "rejected"]
Group = Sequence[Series]
_ORDER: tuple[Verdict, ...] = ("ok", "warning", "rejected")
_FOREIGN = ("not DICOM", "empty file")
_COPY, _SPECIAL = "copy of another file", "special file"
_DIRECTORY = "Media Storage Directory"  # the standard's name of a DICOMDIR
# remarks on what was not opened on purpose
_REFUSED = ("were left out", "was left out", "were not read", "it was not read")
# an object that is whole, and whose images are not here
_WITHOUT_IMAGES = (
    "{name} belongs to another series: {series}.",
    "{name} does not say which images it was made from.",
)
_QUIET_GUARD = ("uniform", "single", "4D", "cine", "mosaic")  # nothing that a reader must beware of
_SAME_NAMES = "carry the same identifier"
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
    groups = stack_groups(found.series)
    divisions = _divisions(groups)
    for group in groups:
        verdicts = []
        for series in group:
            span = part(progress, done / total, (done + len(series.instances)) / total)
            verdicts.append(_verdict(found, series, span))
            done += len(series.instances)
        first = group[0]
        yield _stack_row(found, group, verdicts, divisions[first.study_instance_uid, first.series_instance_uid])
        for series, (verdict, _) in zip(group, verdicts, strict=True):
            if verdict == "rejected" and series.refusal is None and len({i.path for i in series.instances}) > 1:
                yield from _damaged_rows(found, series)


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


def _divisions(groups: Iterable[Group]) -> dict[tuple[str, str], tuple[Verdict, list[Sentence]]]:
    """Return for each series whether it was divided into stacks, and what that means; a 4-D stack counts once."""
    stacks: dict[tuple[str, str], list[Group]] = defaultdict(list)
    for group in groups:
        stacks[group[0].study_instance_uid, group[0].series_instance_uid].append(group)
    told: dict[tuple[str, str], tuple[Verdict, list[Sentence]]] = {}
    for key, members in stacks.items():
        said = Sentence("The series was divided into {count} stacks.", {"count": len(members)})
        told[key] = ("ok" if _is_plain(members) else "warning", [said]) if len(members) > 1 else ("ok", [])
    return told


def _is_plain(stacks: Sequence[Group]) -> bool:
    """Whether a series holds several stacks by intention: directions of a localizer, or stacks that are all alike."""
    firsts = [group[0] for group in stacks]
    if all("LOCALIZER" in series.image_type for series in firsts):
        return True
    return len({_shape(group) for group in stacks}) == 1 and all(series.geometry is not None for series in firsts)


def _shape(group: Group) -> tuple[object, ...]:
    """Return what stacks have in common that were taken in one go."""
    series, geometry = group[0], group[0].geometry
    if geometry is None or not geometry.has_orientation:
        return (series.key,)
    spacing = tuple(round(value, 2) for value in geometry.spacing_mm[1:])
    return len(group), geometry.shape, spacing, geometry.frame_of_reference_uid, series.image_type[:2], _copy(series)


def _copy(series: Series) -> str:
    """Return the name of a stack of images that carry the identifiers of others: it is like none of them."""
    return series.key if any(_SAME_NAMES in warning.template for warning in series.warnings) else ""


def _stack_row(
    found: Opened, group: Group, verdicts: Sequence[tuple[Verdict, list[str]]], division: tuple[Verdict, list[Sentence]]
) -> dict[str, Any]:
    """Return the row of a stack, or of all places of a 4-D one."""
    first = group[0]
    images = [image for series in group for image in series.instances]
    worst: Verdict = max((division[0], *(verdict for verdict, _ in verdicts)), key=_ORDER.index)
    said = list(dict.fromkeys(text for verdict, texts in verdicts if verdict == worst for text in texts))
    if worst != "rejected":
        said = [*map(_as_sentence, division[1]), *said]
    if worst == "ok":
        said = [_read(len(images)), *said]
    return {
        "path": found.name(_place(images)),
        "kind": "stack",
        "key": first.key,
        "modality": first.modality,
        "series_description": first.series_description,
        "images": len(images),
        "files": len({image.path for image in images}),
        "verdict": worst,
        "message": " ".join(said),
    }


def _verdict(found: Opened, series: Series, progress: Progress) -> tuple[Verdict, list[str]]:
    """Decode one stack and return what came of it."""
    if series.refusal is not None:
        return "rejected", [str(series.refusal)]
    try:
        volume = found.read(series, progress)
    except MedViewError as error:
        return "rejected", [str(error)]
    said = [line.text for line in series.guard if line.kind not in _QUIET_GUARD]
    said += [*series.warnings, *(warning for warning in volume.series.warnings if warning not in series.warnings)]
    return ("warning" if said else "ok"), list(map(_as_sentence, said))


def _read(count: int) -> str:
    return "1 image read." if count == 1 else f"{count} images read."


def _as_sentence(said: Sentence) -> str:
    """Return a remark or a badge as a sentence."""
    text = str(said)
    return text if text.endswith((".", "!", "?")) else f"{text[:1].upper()}{text[1:]}."


def _place(images: Sequence[Instance]) -> Path:
    """Return the file of a stack that has one, else the folder of its first."""
    first = images[0].path
    return first if len({image.path for image in images}) == 1 else first.parent


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
    refused = any(words in str(remark) for words in _REFUSED)
    return _row(str(path), "remark", "rejected" if refused else "warning", str(remark))


def _row(path: str, kind: str, verdict: Verdict, message: str) -> dict[str, Any]:
    return {"path": path, "kind": kind, "verdict": verdict, "message": message}
