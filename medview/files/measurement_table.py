"""Measurements as a table for other programs: CSV or JSON. No patient's name is in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.files.plain_cell import plain_cell


@dataclass(frozen=True)
class MeasuredRow:
    """One number of one measurement, or the reason why there is none.

    Attributes
    ----------
    measurement
        Its number in the study, from 1.
    image
        Number of the image in its series, from 1; None of what lies in space by itself.
    quantity, value, unit
        What was measured, how much, in which unit; "" and None of what has no number.
    remark
        What must be known to read the number, or why there is none.
    """

    measurement: int
    kind: str
    label: str
    quantity: str
    channel: str
    value: float | None
    unit: str
    remark: str
    series_number: int | None
    series_description: str
    image: int | None
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame: int | None
    tracking_uid: str


def write_measurement_table(rows: Sequence[MeasuredRow], path: Path) -> None:
    """Write rows as CSV or, where the name ends in .json, as JSON; what was written is read back and compared.

    Raises
    ------
    MedViewError
        The file cannot be written, or what is read back differs.
    """
    as_json = path.suffix.lower() == ".json"
    text = _json_text(rows) if as_json else _csv_text(rows)
    encoding = "utf-8" if as_json else "utf-8-sig"  # by its mark spreadsheets know that it is UTF-8
    with written_whole(path) as beside:
        beside.write_bytes(text.encode(encoding))
        if beside.read_bytes().decode(encoding) != text:
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=path.name)


def _json_text(rows: Sequence[MeasuredRow]) -> str:
    return json.dumps([_cells(row) for row in rows], indent=2, ensure_ascii=False) + "\n"


def _csv_text(rows: Sequence[MeasuredRow]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([field.name for field in fields(MeasuredRow)])
    writer.writerows([plain_cell(cell) for cell in _cells(row).values()] for row in rows)
    return out.getvalue()


def _cells(row: MeasuredRow) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}
