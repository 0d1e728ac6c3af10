"""`medview library`: the local list of studies."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medview.cli.answer import Answer
from medview.errors import MedViewError, Sentence, fill
from medview.jobs.process_pool import ProcessPool
from medview.paths import data_folder
from medview.progress import Progress, part

if TYPE_CHECKING:
    from medview.library.library import Library
    from medview.library.reports import Added
    from medview.library.study_row import StudyRow

_LIMIT = 10_000  # studies that are listed at once
_STUDIES_AND_FILES = "{studies} {studies:study|studies}, {files} {files:file|files}"
_IMPORTED = (
    "{studies} {studies:study|studies}; {text}; {other} other {other:file|files}, {remarks} {remarks:remark|remarks}"
)


def library(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """List or search the studies, import some, look for their files, or rebuild the list."""
    from medview.library.library import Library

    with closing(Library(data_folder() / "library")) as opened:
        said = [str(sentence) for sentence in opened.said]
        if opened.needs_rebuild and arguments.action != "rebuild":
            _rebuild(opened, argparse.Namespace(fresh=False), part(progress, 0.0, 0.2))
        answer = _ACTIONS[arguments.action](opened, arguments, progress)
    return Answer({"action": arguments.action, **answer.data, "remarks": said}, "\n".join([*said, answer.text]))


def _list(opened: Library, arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.library.query import Query

    query = Query(" ".join(arguments.words))
    rows = [_row_as_data(row) for row in opened.search(query, limit=_LIMIT)]
    count = opened.count(query)
    total = fill("{count} {count:study|studies}", {"count": count})
    return Answer({"count": count, "studies": rows}, "\n".join([*map(_row_as_text, rows), total]))


def _import(opened: Library, arguments: argparse.Namespace, progress: Progress) -> Answer:
    return (_copied if arguments.copy else _linked)(opened, arguments.path, progress)


def _linked(opened: Library, paths: list[Path], progress: Progress) -> Answer:
    """Link files where they lie; what the list has already is not read again."""
    from medview.files.scanning.zip_archive import is_zip

    archive = next((path for path in paths if path.is_file() and is_zip(path)), None)
    if archive is not None:
        raise MedViewError("{name} is an archive: what it holds can only be copied.", "Add --copy.", name=archive.name)
    with ProcessPool() as workers:
        found = opened.rescan(paths, progress, workers=workers)
    counts = {"unchanged": found.unchanged, "new": found.new, "changed": found.changed, "gone": len(found.gone)}
    data = {**counts, **_added_as_data(found.added), "studies": _uids(opened, found.study_ids)}
    text = "{unchanged} unchanged, {new} new, {changed} changed, {gone} gone"
    return _imported(data, text.format(**counts), found.other, found.rejected)


def _copied(opened: Library, paths: list[Path], progress: Progress) -> Answer:
    from medview.cli.opened import opened as looked_through

    with looked_through(paths, part(progress, 0.0, 0.5)) as found:
        added = opened.add(found.report, copy=True, progress=part(progress, 0.5, 0.95))
        freed = opened.make_room(progress=part(progress, 0.95, 1.0))
        other = [(Path(found.name(path)), what) for path, what in found.report.other]
        rejected = [(Path(found.name(path)), why) for path, why in found.report.rejected]
        left_out = [{"path": found.name(path), "reason": str(why)} for path, why in added.left_out]
    data = {**_added_as_data(added), "left_out": left_out, "studies": _uids(opened, added.study_ids)}
    data |= {"freed_studies": len(freed.study_ids), "freed_files": freed.files, "over_quota": not freed.is_enough}
    text = fill("{new_files} {new_files:file|files} copied, {known_files} known already", data)
    text += fill(", {freed_files} old {freed_files:copy|copies} deleted to keep the quota", data) if freed.files else ""
    text += ", still over the quota" if not freed.is_enough else ""
    return _imported(data, text, other, rejected)


def _imported(
    data: dict[str, Any], text: str, other: Iterable[tuple[Path, Sentence]], rejected: Iterable[tuple[Path, Sentence]]
) -> Answer:
    """Return the answer to an import: every file is told that is not on the list, and why."""
    data["other"] = [{"path": str(path), "kind": str(what)} for path, what in other]
    data["rejected"] = [{"path": str(path), "reason": str(why)} for path, why in rejected]
    lines = [f"left out {row['path']}: {row['reason']}" for row in [*data["left_out"], *data["rejected"]]]
    lines += [f"other bytes under a known identifier: {path}" for path in data["apart"]]
    counts = {"studies": len(data["studies"]), "text": text, "other": len(data["other"]), "remarks": len(lines)}
    total = fill(_IMPORTED, counts)
    return Answer(data, "\n".join([*lines, total]))


def _verify(opened: Library, arguments: argparse.Namespace, progress: Progress) -> Answer:
    found = opened.verify(progress)
    troubled = [
        {
            "study_instance_uid": _uids(opened, [check.study_id])[0],
            "missing": list(map(str, check.missing)),
            "changed": list(map(str, check.changed)),
        }
        for check in found.troubled
    ]
    lines = [f"{kind} {path}" for check in troubled for kind in ("missing", "changed") for path in check[kind]]
    counts = {"studies": found.studies, "files": found.files, "troubled": len(troubled)}
    total = fill(f"{_STUDIES_AND_FILES}, {{troubled}} {{troubled:study|studies}} with missing or changed files", counts)
    return Answer({"studies": found.studies, "files": found.files, "troubled": troubled}, "\n".join([*lines, total]))


def _rebuild(opened: Library, arguments: argparse.Namespace, progress: Progress) -> Answer:
    with ProcessPool() as workers:
        found = opened.rebuild(progress, fresh=arguments.fresh, workers=workers)
    absent = list(map(str, found.absent_folders))
    data = {"studies": found.studies, "files": found.files, "orphans": found.orphans, "absent_folders": absent}
    lines = [f"not there: {folder}" for folder in absent] + [str(sentence) for sentence in found.said]
    return Answer(data, "\n".join([*lines, fill(_STUDIES_AND_FILES, data)]))


_ACTIONS = {"list": _list, "import": _import, "verify": _verify, "rebuild": _rebuild}


def _row_as_data(row: StudyRow) -> dict[str, Any]:
    facts, patient = row.facts, row.facts.patient
    return {
        "study_instance_uid": facts.study_instance_uid,
        "patient_id": patient.patient_id,
        "patient_name": patient.patient_name,
        "patient_birth_date": patient.patient_birth_date,
        "patient_sex": patient.patient_sex,
        "study_date": facts.study_date,
        "study_time": facts.study_time,
        "study_description": facts.study_description,
        "accession_number": facts.accession_number,
        "modalities": list(row.modalities),
        "series": row.series_count,
        "images": row.image_count,
        "objects": row.object_count,
        "size_bytes": row.size_bytes,
        "where": row.where,
        "files_missing": row.files_missing,
        "files_changed": row.files_changed,
        "status": row.status,
        "comment": row.comment,
    }


def _row_as_text(row: dict[str, Any]) -> str:
    missing = fill("  {files_missing} {files_missing:file|files} missing", row) if row["files_missing"] else ""
    shown = "/".join(row["modalities"])
    name = row["patient_name"].replace("^", " ").strip() or row["patient_id"]
    noun = "image " if row["images"] == 1 else "images"
    facts = f"{row['study_date']:8} {shown:8} {row['images']:6} {noun}  {row['where']:6}"
    return f"{facts}  {name}  {row['study_description']}{missing}"


def _added_as_data(added: Added) -> dict[str, Any]:
    return {
        "new_files": added.new_files,
        "known_files": added.known_files,
        "found_again": added.found_again,
        "apart": list(map(str, added.apart)),
        "left_out": [{"path": str(path), "reason": str(why)} for path, why in added.left_out],
    }


def _uids(opened: Library, study_ids: Iterable[int]) -> list[str]:
    rows = (opened.study(number) for number in study_ids)
    return [row.facts.study_instance_uid for row in rows if row is not None]
