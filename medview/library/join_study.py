"""What a study becomes when scanned files join what the list knows of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from medview.files.same_bytes import same_bytes
from medview.library.reports import Added
from medview.library.scan_again import read_again
from medview.library.store import Store
from medview.library.study_files import FileKind, FileRow, FileState
from medview.library.study_record import StudyRecord
from medview.progress import Progress

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy

Alike = Mapping[str, Sequence[FileRow]]


@dataclass(frozen=True, eq=False)
class Joined:
    """A study to be written: its files, those that are no longer of it, and what happened to the incoming ones."""

    found: FoundStudy
    files: tuple[FileRow, ...]
    dropped: tuple[str, ...]
    added: Added


@dataclass
class _Sorting:
    """The incoming files, told apart."""

    fresh: list[FileRow] = field(default_factory=list)  # become part of the study
    copies: list[FileRow] = field(default_factory=list)  # the same bytes as a file that is
    apart: list[str] = field(default_factory=list)  # among the fresh: another file bears the same identifier
    moved: dict[str, str] = field(default_factory=dict)  # a file that is missing: where it was found again
    replaced: set[str] = field(default_factory=set)  # linked files whose copy in the store takes their place
    known: int = 0


def join_study(
    record: StudyRecord | None,
    study: FoundStudy,
    files: Sequence[FileRow],
    alike: Alike,
    identity: str,
    store: Store,
    progress: Progress,
) -> Joined:
    """Return what the list is to say of a study.

    Parameters
    ----------
    record
        What it says now; None where the study is new.
    study, files
        As scanned.
    alike
        For each incoming file those of the list that carry its SOP Instance UID elsewhere.
    """
    parts = _sorted(record, files, alike, store)
    known = {row.path: row for row in record.files} if record else {}
    incoming = {row.path for row in files}
    kept = [
        row
        for path, row in known.items()
        if path not in incoming and path not in parts.moved and path not in parts.replaced
    ]
    kept_parts = [row for row in kept if row.kind == FileKind.IN_STUDY]
    found = _composed(record, study, parts, kept_parts, identity, store, progress)
    inside = paths_of(found)
    rows = [row if row.path in inside else replace(row, kind=FileKind.COPY) for row in parts.fresh + parts.copies]
    rows += kept
    rows += [replace(known[path], kind=FileKind.COPY) for path in sorted(parts.replaced)]
    new = sum(path not in known for path in incoming) - parts.known
    added = Added((), new, len(incoming) - new, len(parts.moved), tuple(map(Path, parts.apart)))
    return Joined(found, tuple(rows), tuple(parts.moved), added)


def paths_of(found: FoundStudy) -> set[str]:
    """Return the files that a study is made of."""
    return {str(i.path) for s in found.series for i in s.instances} | {str(o.path) for o in found.objects}


def _sorted(record: StudyRecord | None, files: Sequence[FileRow], alike: Alike, store: Store) -> _Sorting:
    known = {row.path: row for row in record.files} if record else {}
    parts = _Sorting()
    shared = Counter(row.sop for row in files if row.sop is not None)
    for row in files:
        before = known.get(row.path)
        if before is not None and (before.size, before.time_mark) == (row.size, row.time_mark):
            (parts.copies if before.kind == FileKind.COPY else parts.fresh).append(before)
        else:
            is_shared = row.sop is not None and shared[row.sop] > 1  # a scan leaves out files of the same bytes
            _look_at(record, row, alike.get(row.path, ()), store, parts, is_apart=is_shared)
    return parts


def _look_at(
    record: StudyRecord | None,
    row: FileRow,
    others: Sequence[FileRow],
    store: Store,
    parts: _Sorting,
    *,
    is_apart: bool,
) -> None:
    """Decide what a file is that is new on the list, by the files that carry the same identifier."""
    for other in others:
        if record is None or other.study_id != record.id:
            is_apart = True  # of another patient or study: its header cannot be the same
        elif other.path in parts.moved or other.path in parts.replaced:
            continue
        elif other.now == FileState.MISSING:
            if other.size == row.size:
                parts.moved[other.path] = row.path
        elif not same_bytes(other.path, row.path):
            is_apart |= row.sop is not None
        elif store.holds(row.path) and not store.holds(other.path):
            parts.replaced.add(other.path)
            parts.known += 1
        else:
            parts.copies.append(replace(row, kind=FileKind.COPY))
            parts.known += 1
            return
    parts.fresh.append(row)
    if is_apart:
        parts.apart.append(row.path)


def _composed(
    record: StudyRecord | None,
    study: FoundStudy,
    parts: _Sorting,
    kept: Sequence[FileRow],
    identity: str,
    store: Store,
    progress: Progress,
) -> FoundStudy:
    """Return the study of the incoming and the kept files together."""
    if record is None or (not kept and not parts.copies):
        return study
    if not parts.fresh and record.found is not None:
        return record.found
    if record.found is not None and _can_lie_beside(record.found, study, parts, kept):
        return _side_by_side(record.found, study)
    there = [row.path for row in kept if row.now != FileState.MISSING]
    again = read_again([*there, *(row.path for row in parts.fresh)], identity, store.folder, progress)
    return again if again is not None else study


def _can_lie_beside(old: FoundStudy, new: FoundStudy, parts: _Sorting, kept: Sequence[FileRow]) -> bool:
    """Whether old and new have no series in common, and each is made of just the files that are wanted."""
    series = {s.series_instance_uid for s in old.series} & {s.series_instance_uid for s in new.series}
    objects = {o.sop_instance_uid for o in old.objects} & {o.sop_instance_uid for o in new.objects}
    whole = paths_of(old) == {row.path for row in kept} and paths_of(new) == {row.path for row in parts.fresh}
    return whole and not series and not objects


def _side_by_side(old: FoundStudy, new: FoundStudy) -> FoundStudy:
    return replace(
        old,
        series=tuple(sorted((*old.series, *new.series), key=lambda s: (s.series_number or 0, s.series_instance_uid))),
        objects=tuple(sorted((*old.objects, *new.objects), key=lambda o: o.series_number or 0)),
    )
