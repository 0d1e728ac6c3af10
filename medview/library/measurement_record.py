"""A measurement as it is kept: bound to its image by identifier and pixels, or to the patient by millimetres."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np

from medview.study.annotation import ImageName
from medview.study.geometry import FloatArray, Geometry
from medview.study.measurement import KIND_TITLES, REGION_KINDS, Measurement, MeasurementKind, slice_index
from medview.study.series import Series

_DIGITS = 9  # of a millimetre or a pixel: far below anything that can be seen


def measurement_record(measurement: Measurement, series: Series | None) -> dict[str, Any]:
    """Return a measurement as JSON can hold it.

    On an image it is kept in pixels of that image, which hold whatever becomes of the stack around it; in space in LPS
    mm of its frame of reference; and where the images do not say how they lie, in steps of this very stack.
    """
    record: dict[str, Any] = {
        "kind": measurement.kind,
        "label": measurement.label,
        "colour": list(measurement.colour),
        "visible": measurement.is_visible,
        "series": measurement.series_key,
        "frame_of_reference": measurement.frame_of_reference_uid,
        "normal": measurement.normal.tolist(),
    }
    if measurement.known_mm is not None:
        record["known_mm"] = measurement.known_mm
    points, count = measurement.points_mm, len(measurement.points_mm)
    if measurement.text_offset_mm is not None:  # kept as one point more, in whatever the points are kept
        points = np.vstack([points, measurement.centre_mm + measurement.text_offset_mm])
    coordinates, rows = _coordinates(measurement, series, points)
    return record | coordinates | {"points": rows[:count]} | ({"text_at": rows[count]} if len(rows) > count else {})


def _coordinates(
    measurement: Measurement, series: Series | None, points: FloatArray
) -> tuple[dict[str, Any], list[list[float]]]:
    """Return to what the points of a measurement are bound, and where they lie in that."""
    geometry = series.geometry if series is not None else None
    if series is None or geometry is None:
        return {"in": "patient"}, _rows(points)
    number, index = slice_index(measurement, geometry), geometry.to_index(points)
    if measurement.image is not None and number < len(series.instances):
        named = {} if series.has_own_names else {"images": series.sop_hash}
        return {"in": "image", "image": _image(series, number), **named}, _rows(index[:, [2, 1]])
    bound = {"in": "patient" if geometry.is_placed else "stack", "images": series.sop_hash}
    return bound, _rows(points if geometry.is_placed else index)


class MeasurementPlaces:
    """Finds where kept measurements belong among the series of a study.

    Parameters
    ----------
    records
        Those that will be asked for: of a large study, only their images are looked up.
    """

    def __init__(self, series: Iterable[Series], records: Iterable[Mapping[str, Any]]) -> None:
        self._series = [one for one in series if one.geometry is not None and one.refusal is None]
        self._images: dict[tuple[Any, ...], list[tuple[Series, int]]] = defaultdict(list)
        images = [record.get("image") for record in records]
        wanted = {sop for image in images if isinstance(image, dict) and isinstance(sop := image.get("sop"), str)}
        for one in self._series if wanted else ():
            for number, instance in enumerate(one.instances):
                if instance.sop_instance_uid in wanted:
                    self._images[instance.sop_instance_uid, instance.frame_index, instance.tile].append((one, number))

    def placed(self, tracking_uid: str, record: dict[str, Any]) -> Measurement | None:
        """Return a kept measurement on its images; None where they are not here, or are no longer the same.

        Raises
        ------
        ValueError
            The record is damaged.
        """
        try:
            return self._placed(tracking_uid, record)
        except (AttributeError, KeyError, TypeError, IndexError, OverflowError) as error:
            raise ValueError("a damaged record") from error

    def _placed(self, uid: str, record: dict[str, Any]) -> Measurement | None:
        if record["kind"] not in KIND_TITLES:
            raise ValueError("an unknown kind")
        rows = [*record["points"], *([record["text_at"]] if "text_at" in record else [])]
        if record["in"] == "image":
            return self._on_image(uid, record, _points(rows, 2))
        series, points = self._in_space(record), _points(rows, 3)
        if series is None or series.geometry is None:
            return None
        if record["in"] == "stack":
            points = series.geometry.to_mm(points)
        return _made(uid, record, points, series, None, np.array(record["normal"], dtype=np.float64))

    def _on_image(self, uid: str, record: dict[str, Any], pixels: FloatArray) -> Measurement | None:
        image = record["image"]
        tile = tuple(image["tile"]) if image.get("tile") is not None else None
        found = [
            (series, number)
            for series, number in self._images.get((image["sop"], image["frame"], tile), ())
            if series.geometry is not None and list(series.geometry.shape[1:]) == image["size"]
        ]
        # images without names of their own: those very files, by their number
        found = [
            (s, n)
            for s, n in found
            if s.has_own_names or (s.sop_hash, n) == (record.get("images"), image.get("number"))
        ]
        if not found:
            return None
        series, number = next(((s, n) for s, n in found if s.key == record["series"]), found[0])
        geometry = cast(Geometry, series.geometry)
        index = np.column_stack([np.full(len(pixels), number), pixels[:, 1], pixels[:, 0]])
        normal = np.cross(geometry.directions[:, 2], geometry.directions[:, 1])
        name = ImageName(image["sop"], image["frame"])
        return _made(uid, record, geometry.to_mm(index), series, name, normal / np.linalg.norm(normal))

    def _in_space(self, record: dict[str, Any]) -> Series | None:
        """Return the series in whose space a measurement lies: what tells values lies on its own, and on no other."""
        own = next((s for s in self._series if s.key == record["series"]), None)
        same = own is not None and own.sop_hash == record.get("images")
        frame = record["frame_of_reference"]
        if record["in"] == "stack" or not frame:
            return own if same else None
        fitting = [s for s in self._series if s.geometry is not None and s.geometry.is_placed and _frame(s) == frame]
        if own in fitting or record["kind"] in (*REGION_KINDS, "probe"):
            return own if own in fitting else None
        return max(fitting, key=lambda s: len(s.instances), default=None)


def _made(
    uid: str, record: dict[str, Any], points: FloatArray, series: Series, image: ImageName | None, normal: FloatArray
) -> Measurement:
    red, green, blue = (min(max(int(n), 0), 255) for n in record["colour"])
    known, count = record.get("known_mm"), len(record["points"])
    if not count or normal.shape != (3,) or not np.isfinite(normal).all() or not normal.any():
        raise ValueError("no points, or no normal")
    return Measurement(
        cast(MeasurementKind, record["kind"]),
        points[:count],
        series.key,
        series.study_instance_uid,
        image,
        normal,
        _frame(series),
        str(record["label"]),
        (red, green, blue),
        is_visible=bool(record["visible"]),
        known_mm=None if known is None else float(known),
        text_offset_mm=points[count] - points[:count].mean(axis=0) if len(points) > count else None,
        tracking_uid=uid,
    )


def _image(series: Series, number: int) -> dict[str, Any]:
    tile = series.instances[number].tile
    assert series.geometry is not None
    return {
        "sop": series.instances[number].sop_instance_uid,
        "frame": series.instances[number].frame_index,
        "tile": None if tile is None else list(tile),
        "size": list(series.geometry.shape[1:]),
        **({} if series.has_own_names else {"number": number}),
    }


def _frame(series: Series) -> str:
    return series.geometry.frame_of_reference_uid if series.geometry is not None else ""


def _rows(points: FloatArray) -> list[list[float]]:
    return [[round(float(value), _DIGITS) + 0.0 for value in row] for row in points]


def _points(rows: Any, width: int) -> FloatArray:
    points = np.array(rows, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != width or not np.isfinite(points).all():
        raise ValueError("no points")
    return points
