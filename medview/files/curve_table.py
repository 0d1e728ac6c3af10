"""A curve that a model has drawn, as a table for other programs."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.files.plain_cell import plain_cell
from medview.study.finding import Curve

_ENCODING = "utf-8-sig"  # by its mark spreadsheets know that it is UTF-8


def write_curve(curve: Curve, path: Path) -> None:
    """Write a curve as CSV, a row for each of its points; what was written is read back and compared.

    The columns are x, x_unit, value, unit (UCUM) and, where the curve tells it, frame_index: the frame or slice that
    the value belongs to, from 0. The names of places on x stand in result.json alone: they lie between points.

    Raises
    ------
    MedViewError
        The file cannot be written, or what is read back differs.
    """
    text = _text(curve)
    with written_whole(path) as beside:
        beside.write_bytes(text.encode(_ENCODING))
        if beside.read_bytes().decode(_ENCODING) != text:
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=path.name)


def _text(curve: Curve) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    has_frames = len(curve.frame_indices) == len(curve.x) > 0
    writer.writerow(["x", "x_unit", "value", "unit", *(["frame_index"] if has_frames else [])])
    frames = curve.frame_indices if has_frames else np.zeros(len(curve.x), dtype=np.int64)
    x_unit, unit = plain_cell(curve.x_unit), plain_cell(curve.unit)
    for x, value, frame in zip(curve.x.tolist(), curve.values.tolist(), frames.tolist(), strict=True):
        writer.writerow([x, x_unit, value, unit, *([frame] if has_frames else [])])
    return out.getvalue()
