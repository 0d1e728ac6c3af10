"""What the list tells of the series of a study, taken from the scanned study and kept as text."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medview.errors import Sentence
from medview.library.study_row import SeriesRow
from medview.study.series import Series
from medview.study.study_object import StudyObject

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy


def series_rows(found: FoundStudy) -> list[tuple[str, str, str]]:
    """Return (key, stamp, facts as text) of each stack and object, in the order of the list.

    The stamp is that of the images: a thumbnail of other images does not bear it.
    """
    rows = [(_of_series(s), s.sop_hash) for s in found.series]
    rows += [(_of_object(o), hashlib.sha256(o.sop_instance_uid.encode()).hexdigest()) for o in found.objects]
    return [(row.key, stamp, _as_text(row)) for row, stamp in rows]


def series_row(text: str, *, has_thumbnail: bool) -> SeriesRow:
    """Return the line that a text of `series_rows` tells."""
    facts = json.loads(text)
    for name in ("badge", "refusal"):
        facts[name] = Sentence(*facts[name]) if facts.get(name) else None
    return SeriesRow(**facts, has_thumbnail=has_thumbnail)


def _of_series(series: Series) -> SeriesRow:
    guard = series.guard[0] if series.guard else None
    return SeriesRow(
        key=series.key,
        series_instance_uid=series.series_instance_uid,
        stack=series.stack,
        series_number=series.series_number,
        series_description=series.series_description,
        modality=series.modality,
        image_count=len(series.instances),
        rows=series.rows,
        columns=series.columns,
        body_part_examined=series.body_part_examined,
        badge=guard.text if guard else None,
        badge_kind=guard.kind if guard else "",
        axis=series.axis.name if series.axis else "",
        axis_group=series.axis.group if series.axis else "",
        refusal=series.refusal.message if series.refusal else None,
    )


def _of_object(one: StudyObject) -> SeriesRow:
    return SeriesRow(
        key=one.sop_instance_uid or str(one.path),
        series_instance_uid=one.series_instance_uid,
        series_number=one.series_number,
        series_description=one.label or one.series_description,
        modality=one.modality,
        badge_kind=one.kind,
        refusal=one.refusal.message if one.refusal else None,
        is_object=True,
    )


def _as_text(row: SeriesRow) -> str:
    """Return the facts that are not the default, as JSON."""
    blank = asdict(SeriesRow(""))
    facts: dict[str, Any] = {name: value for name, value in asdict(row).items() if value != blank[name]}
    for name in ("badge", "refusal"):
        sentence = getattr(row, name)
        if sentence is not None:
            facts[name] = [sentence.template, {k: _shown(v) for k, v in sentence.values.items()}]
    return json.dumps({"key": row.key, **facts}, separators=(",", ":"))


def _shown(value: object) -> object:
    """Return a value of a sentence as it will be shown; only its text is needed in the list."""
    if isinstance(value, bool | int | float | str):
        return value
    return value.name if isinstance(value, Path) else str(value)
