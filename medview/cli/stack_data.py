"""Stacks as JSON: one row for a plain stack, one for all places of a 4-D series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from medview.study.geometry import Geometry
from medview.study.series import GuardLine, Series


def stack_groups(series: Iterable[Series]) -> list[tuple[Series, ...]]:
    """Return the stacks, those of one 4-D series together in the order of its axis."""
    groups: dict[object, list[Series]] = {}
    for number, one in enumerate(series):
        groups.setdefault(one.axis.group if one.axis is not None else number, []).append(one)
    return [tuple(sorted(group, key=_axis_number)) for group in groups.values()]


def series_as_data(series: Sequence[Series]) -> list[dict[str, Any]]:
    """Return the series of a study, each with its stacks."""
    by_uid: dict[str, list[Series]] = {}
    for one in series:
        by_uid.setdefault(one.series_instance_uid, []).append(one)
    rows = []
    for members in by_uid.values():
        stacks = [stack_as_data(group) for group in stack_groups(members)]
        first = stacks[0]["series"]
        rows.append({**first, "images": sum(stack["images"] for stack in stacks), "stacks": stacks})
        for stack in stacks:
            del stack["series"]
    return rows


def stack_as_data(group: Sequence[Series]) -> dict[str, Any]:
    """Return one stack, or all places of a 4-D one; `series` holds the facts that its stacks share."""
    first = group[0]
    images = [image for s in group for image in (s.resampled_from or s).instances]
    return {
        "series": _series_facts(first),
        "key": first.key,
        "stack": first.stack,
        "images": len(images),
        "files": len({image.path for image in images}),
        "resampled": first.resampled_from is not None,
        "photometric_interpretation": first.photometric_interpretation,
        "transfer_syntax_uids": sorted({image.transfer_syntax_uid for image in images} - {""}),
        "frame_time_ms": first.frame_time_ms,
        "suv_factors": dict(first.suv_factors),
        "axis": _axis_as_data(group),
        **_geometry_as_data(first.geometry),
        "guard": _distinct(
            {"kind": line.kind, "text": _badge(line, len(group)), "meaning": str(line.meaning)}
            for s in group
            for line in s.guard
        ),
        "warnings": _distinct(str(warning) for s in group for warning in s.warnings),
        "refusal": next((str(s.refusal) for s in group if s.refusal is not None), None),
    }


def _axis_number(series: Series) -> int:
    return series.axis.number if series.axis is not None else 0


def _series_facts(series: Series) -> dict[str, Any]:
    return {
        "series_instance_uid": series.series_instance_uid,
        "modality": series.modality,
        "series_number": series.series_number,
        "series_description": series.series_description,
        "body_part_examined": series.body_part_examined,
        "manufacturer": series.manufacturer,
        "file_format": series.file_format,
    }


def _axis_as_data(group: Sequence[Series]) -> dict[str, Any] | None:
    axis = group[0].axis
    if axis is None:
        return None
    values = [s.axis.value if s.axis is not None else None for s in group]
    return {"name": axis.name, "unit": axis.unit, "count": len(group), "values": values,
            "keys": [s.key for s in group]}  # fmt: skip


def _geometry_as_data(geometry: Geometry | None) -> dict[str, Any]:
    if geometry is None:
        names = ("shape", "spacing_mm", "affine_lps", "has_orientation", "can_reformat", "sheared", "tilt_deg")
        return dict.fromkeys((*names, "frame_of_reference_uid"))
    return {
        "shape": list(geometry.shape),
        "spacing_mm": [round(v, 6) for v in geometry.spacing_mm] if geometry.has_spacing else None,
        "affine_lps": [[float(v) for v in row] for row in geometry.affine],
        "has_orientation": geometry.has_orientation,
        "can_reformat": geometry.can_reformat,
        "sheared": geometry.is_sheared,
        "tilt_deg": round(geometry.tilt_deg, 2),
        "frame_of_reference_uid": geometry.frame_of_reference_uid,
    }


def _badge(line: GuardLine, places: int) -> str:
    """Return the badge of a guard line; of a 4-D stack as a whole, how many places there are."""
    if line.kind != "4D" or places == 1:
        return str(line.text)
    return "{count} places along {name}".format(count=places, name=line.text.values["name"])


def _distinct(rows: Iterable[Any]) -> list[Any]:
    """Return each row once: what all 200 places of a 4-D series say is one remark."""
    found: list[Any] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return found
