"""`medview convert`: stacks as NIfTI files, on their own grid, with rescaled values."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medview.cli.answer import Answer
from medview.cli.opened import Opened, opened
from medview.cli.out_folder import file_name, make_folder
from medview.cli.stack_data import stack_as_data, stack_groups
from medview.errors import MedViewError
from medview.imaging.regularise import needs_regularising, regular_series
from medview.progress import Progress, part
from medview.study.series import Series
from medview.study.spare_original import spare_original
from medview.study.volume import Volume

_EVEN_TIME = 0.01  # how far steps of time may differ from their mean, as a part of it

Group = Sequence[Series]


class _Unread(Exception):  # noqa: N818  carries the sentence of a stack that cannot be read past what writes it
    def __init__(self, error: MedViewError) -> None:
        self.error = error


def convert(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Write every stack into a folder, or one into a file; what is left out is told with the reason."""
    with opened(arguments.path, part(progress, 0.0, 0.3), spacing=arguments.spacing) as found:
        chosen = found.chosen(arguments.series)
        if arguments.regular:
            chosen = [regular_series(s) if needs_regularising(s) else s for s in chosen]
        groups = stack_groups(chosen)
        if arguments.all:
            make_folder(arguments.out)
        else:
            groups = [_only(groups, arguments.series)]
        conversion = _Conversion(found, arguments.out, arguments.all, len(groups))
        for number, group in enumerate(groups):
            span = part(progress, 0.3 + 0.7 * number / len(groups), 0.3 + 0.7 * (number + 1) / len(groups))
            conversion.convert(number, group, span)
    return conversion.answer()


def why_left_out(series: Series) -> MedViewError | None:
    """Return why a stack has no place in a NIfTI file, or None."""
    if series.refusal is not None:
        return series.refusal
    geometry = series.geometry
    if geometry is None:
        return MedViewError("The series {name} forms no volume.", name=series.series_description)
    if series.frame_time_ms is not None or any(line.kind == "cine" for line in series.guard):
        return MedViewError("A recording of one place over time has no place in a NIfTI file.",
                            "Export its frames as pictures.")  # fmt: skip
    if series.axis is not None and series.is_colour:
        return MedViewError("Colours over time have no place in a NIfTI file.", "Export them as pictures.")
    if geometry.shape[0] > 1 and not geometry.has_depth:
        return _uneven(series)
    return None


def _uneven(series: Series) -> MedViewError:
    if series.file_format != "DICOM":
        return MedViewError("The distance between the pictures is not known.", "Give it: --spacing DZ,DY,DX")
    if series.geometry is not None and not series.geometry.has_spacing:
        return MedViewError("The images do not say how large a pixel is: their slices fit no grid of NIfTI.",
                            "Ask for the original images.")  # fmt: skip
    return MedViewError(
        "The slices do not lie at even distances, and no single grid of NIfTI fits them.",
        "Resample them to even slices: --regular",
    )


def _only(groups: list[tuple[Series, ...]], uid: str) -> tuple[Series, ...]:
    """Return the one group that can be written; MedViewError where there are several, since one file is asked for."""
    fit = [group for group in groups if group[0].refusal is None]
    if len(fit) > 1:
        raise MedViewError(
            "The series {uid} holds {count} stacks.", "Choose one: {keys}",
            uid=uid, count=len(fit), keys=", ".join(group[0].key for group in fit),
        )  # fmt: skip
    return (fit or groups)[0]


@dataclass
class _Conversion:
    """What has been written and what was left out."""

    found: Opened
    out: Path
    is_folder: bool
    count: int

    def __post_init__(self) -> None:
        self._written: list[dict[str, Any]] = []
        self._left_out: list[tuple[dict[str, Any], MedViewError]] = []

    def convert(self, number: int, group: Group, progress: Progress) -> None:
        """Write one stack, or all places of a 4-D one."""
        data = stack_as_data(group)
        row = {**data.pop("series"), **data}
        reason = next((why for series in group if (why := why_left_out(series)) is not None), None)
        path = self.out / f"{file_name(group[0], number, self.count)}.nii.gz" if self.is_folder else self.out
        spare_original(path, self.found.series)
        try:
            if reason is not None:
                raise _Unread(reason)
            row["sidecar"] = self._write(group, path, row["axis"], progress)
        except _Unread as unread:
            self._left_out.append((row, unread.error))
        else:
            self._written.append({**row, "path": str(path)})

    def answer(self) -> Answer:
        """Return what to print; a failure where nothing could be written."""
        left_out = [{**row, "reason": str(error)} for row, error in self._left_out]
        lines = [str(row["path"]) for row in self._written]
        lines += [f"left out: {row['series_description'] or row['key']}: {row['reason']}" for row in left_out]
        error = self._left_out[0][1] if self._left_out and not self._written else None
        return Answer({"written": self._written, "left_out": left_out}, "\n".join(lines), error)

    def _write(self, group: Group, path: Path, axis: dict[str, Any] | None, progress: Progress) -> str | None:
        """Write a file, and beside it the values of an axis that the header cannot tell; return that file's path."""
        from medview.files.formats.nifti import write_volume
        from medview.files.formats.nifti_stream import write_volumes

        if len(group) == 1:
            write_volume(self._read(group[0], progress), path)
            return None
        assert axis is not None
        step_ms = even_step_ms(axis)
        write_volumes(
            lambda number, inner: self._read(group[number], inner), len(group), path, step_ms=step_ms, progress=progress
        )
        return None if step_ms is not None else str(_write_sidecar(path, axis))

    def _read(self, series: Series, progress: Progress) -> Volume:
        try:
            return self.found.read(series, progress)
        except MedViewError as error:
            if not self.is_folder:
                raise
            raise _Unread(error) from error


def even_step_ms(axis: dict[str, Any]) -> float | None:
    """Return the step of an axis that is an even time in ms, else None."""
    values = axis["values"]
    if axis["unit"] != "ms" or axis["name"] != "time" or None in values:
        return None
    steps = np.diff(np.array(values, dtype=np.float64))
    mean = float(steps.mean())
    return mean if mean > 0 and bool(np.abs(steps - mean).max() <= _EVEN_TIME * mean) else None


def _write_sidecar(path: Path, axis: dict[str, Any]) -> Path:
    """Write the values of an axis beside a NIfTI file, as JSON, and return where."""
    from medview.files.atomic import written_whole

    target = path.with_name(path.name.removesuffix(".gz").removesuffix(".nii") + ".json")
    told = {name: axis[name] for name in ("name", "unit", "count", "values")}
    with written_whole(target) as beside:
        beside.write_text(json.dumps({"axis": told}, indent=2) + "\n", encoding="utf-8")
        if json.loads(beside.read_text(encoding="utf-8")) != {"axis": told}:
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=target.name)
    return target
