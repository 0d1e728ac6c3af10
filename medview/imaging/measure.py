"""The numbers of a measurement, worked out from the images it lies on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.imaging.calibration import refused
from medview.imaging.curve import Curve
from medview.imaging.findings import UNREAD, Findings, Quantity, QuantityName
from medview.imaging.ground import Ground, ground_of
from medview.imaging.padding import padding_range
from medview.imaging.plane_figures import (
    angle_deg,
    closed,
    cobb_deg,
    crosses_itself,
    ellipse_area,
    ellipse_perimeter,
    flat,
    polygon_area,
    polyline_length,
)
from medview.imaging.region_values import RegionValues, region_values, sampling_remark
from medview.imaging.value_statistics import ValueStatistics
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement, slice_index
from medview.study.series import Series
from medview.study.volume import Volume

_NOTHING = Findings()
_NO_LENGTH = Sentence("A line without a length has no angle.")
_CROSSED = Sentence("The outline crosses itself: it has no one area.")
_NOT_FLAT = Sentence("The points do not lie in one plane: there is no one area.")
_OUTSIDE = Sentence("No pixel of the images lies here.")


def measured(
    measurement: Measurement,
    volume: Volume,
    *,
    calibrations: Iterable[Measurement] = (),
    is_read: NDArray[np.bool_] | None = None,
) -> Findings:
    """Return the numbers of a measurement, and why others are not told.

    Lengths, areas and angles are those of the points themselves, to a fraction of a pixel; the values of a region are
    those of the pixels whose centres lie inside (`medview.imaging.region_values`), without padding. Which millimetres
    they are says `medview.imaging.calibration`; values are in HU, SUV (by body weight) or without a unit as the volume
    has them.

    Parameters
    ----------
    volume
        Of the series that the measurement lies on.
    calibrations
        The measurements of the study of kind "calibration": the last one on the same object counts.
    is_read
        (slices,) which slices of the volume hold their image; None for all. No value is told of others.
    """
    if measurement.kind == "probe":
        return _probed(measurement, volume, is_read)
    ground = ground_of(measurement, volume.series, calibrations)
    fault = _fault(measurement, ground)
    found = _figures(measurement, ground, fault)
    if not measurement.is_region or fault is not None:
        return found
    return found.joined(_inside(measurement, volume, ground, is_read))


def figures(measurement: Measurement, series: Series, *, calibrations: Iterable[Measurement] = ()) -> Findings:
    """Return the lengths, areas and angles of a measurement, for which no voxel is needed; all else as `measured`."""
    ground = ground_of(measurement, series, calibrations)
    found = _figures(measurement, ground, _fault(measurement, ground))
    return replace(found, is_complete=not (measurement.is_region or measurement.kind == "probe"))


def values_under(measurement: Measurement, volume: Volume, step_mm: float) -> Findings:
    """Return the statistics of another volume in the same patient space under a region, or its value at a probe.

    Parameters
    ----------
    measurement
        Its points are LPS mm.
    step_mm
        Width of the pixels of the image it was drawn on: the volume is sampled as finely.
    """
    in_space = replace(measurement, image=None)
    if measurement.kind == "probe":
        return _probed(in_space, volume, None)
    if not measurement.is_region:
        return _NOTHING
    try:
        found = region_values(in_space, volume, padding_range(volume.series), step_mm=step_mm)
    except MedViewError as error:
        return Findings(refusals=(error,))
    return _told(found, volume)


def _figures(measurement: Measurement, ground: Ground, fault: Sentence | None) -> Findings:
    """Return lengths, areas and angles; what millimetres they are is said where they are not plain ones."""
    found = _plain_figures(measurement, ground, fault)
    is_plain = ground.scale.unit == "mm" or not any(q.unit.startswith(("mm", "px")) for q in found.quantities)
    return found if is_plain else replace(found, remarks=(ground.scale.reason, *found.remarks))


def _plain_figures(measurement: Measurement, ground: Ground, fault: Sentence | None) -> Findings:
    kind = measurement.kind
    if kind in ("angle", "cobb"):
        return _angle(measurement, ground)
    if kind in ("probe", "arrow", "text"):
        return _NOTHING
    if ground.scale.refusal is not None:
        return Findings(refusals=(refused(ground.scale.refusal),))
    if measurement.is_region:
        return _area(measurement, ground, fault)
    if kind == "bidirectional":
        return _axes(ground)
    return _lengths(ground, [("length", _length(ground.points, kind))])


def _lengths(ground: Ground, lengths: list[tuple[QuantityName, float]]) -> Findings:
    return Findings(tuple(Quantity(name, value, ground.scale.unit) for name, value in lengths))


def _length(points: FloatArray, kind: str) -> float:
    """Return the length of a line; of a path that of the smooth curve that runs along it."""
    if kind != "path" or points.shape[1] == 2 or polyline_length(points) == 0.0:
        return polyline_length(points)
    return float(Curve.through(points, 1.0).knots_mm[-1])


def _axes(ground: Ground) -> Findings:
    """Return the two axes, the longer one first whichever was drawn first, and their product (WHO, RECIST 1.1)."""
    one, other = polyline_length(ground.points[:2]), polyline_length(ground.points[2:])
    found = _lengths(ground, [("long_axis", max(one, other)), ("short_axis", min(one, other))])
    return found.joined(Findings((Quantity("product", one * other, ground.scale.area_unit),)))


def _angle(measurement: Measurement, ground: Ground) -> Findings:
    if ground.scale.angle_refusal is not None:
        return Findings(refusals=(refused(ground.scale.angle_refusal),))
    points = ground.shape
    if measurement.kind == "cobb":
        degrees = cobb_deg(points, ground.normal)
    else:
        degrees = angle_deg(points[0] - points[1], points[2] - points[1])
    if degrees is None:
        return Findings(refusals=(refused(_NO_LENGTH),))
    name: QuantityName = "cobb" if measurement.kind == "cobb" else "angle"
    return Findings((Quantity(name, degrees, "°"),))


def _area(measurement: Measurement, ground: Ground, fault: Sentence | None) -> Findings:
    points, scale = ground.points, ground.scale
    if measurement.kind == "ellipse":
        area, around = ellipse_area(points), ellipse_perimeter(points)
    else:
        area, around = polygon_area(points), polyline_length(closed(points))
    perimeter = Quantity("perimeter", around, scale.unit)
    if fault is not None:
        return Findings((perimeter,), (refused(fault),))
    return Findings((Quantity("area", area, scale.area_unit), perimeter))


def _fault(measurement: Measurement, ground: Ground) -> Sentence | None:
    """Return why a region has no one inside, None where it has, and of what is no region."""
    if not measurement.is_region:
        return None
    points = ground.points
    if ground.normal is not None:
        points, off = flat(points, ground.normal)
        if off > ground.step / 2.0:
            return _NOT_FLAT
    crossed = measurement.kind in ("polygon", "freehand") and crosses_itself(points)
    return _CROSSED if crossed else None


def _inside(measurement: Measurement, volume: Volume, ground: Ground, is_read: NDArray[np.bool_] | None) -> Findings:
    """Return the statistics of the pixels inside; nothing where the plane is none of this grid."""
    if measurement.image is None and ground.scale.refusal is not None:
        return _NOTHING
    number = slice_index(measurement, volume.geometry) if measurement.image is not None else None
    try:
        found = region_values(measurement, volume, padding_range(volume.series, number))
    except MedViewError as error:
        return Findings(refusals=(error,))
    first, last = found.slices
    if is_read is not None and not is_read[first : last + 1].all():
        return Findings(refusals=(refused(UNREAD),), is_complete=False)
    return _told(found, volume)


def _told(found: RegionValues, volume: Volume) -> Findings:
    """Return the statistics of what was found inside a region."""
    if not len(found.values):
        return Findings((Quantity("pixels", 0),), (refused(_OUTSIDE),))
    values, unit = in_reading_unit(found.values, volume)
    remark = sampling_remark(found)
    statistics = [q for channel, part in channels(values) for q in _statistics(part, unit, channel)]
    counted = (Quantity("pixels", len(values)),) if remark is None else ()
    return Findings((*statistics, *counted), (), () if remark is None else (remark,), values, unit)


def channels(values: NDArray[Any]) -> list[tuple[str, NDArray[Any]]]:
    """Return grey values as they are, colours (n, 3) by channel."""
    return [("", values)] if values.ndim == 1 else [("RGB"[i], values[:, i]) for i in range(values.shape[1])]


def in_reading_unit(values: NDArray[Any], volume: Volume) -> tuple[NDArray[Any], str]:
    """Return values in the unit they are read in: SUV by body weight of a PET series that tells it."""
    factor = dict(volume.series.suv_factors).get("bw")
    return (values, volume.unit) if factor is None else (values * factor, "SUVbw")


def _statistics(values: NDArray[Any], unit: str, channel: str) -> tuple[Quantity, ...]:
    found = ValueStatistics.of(values)
    assert found is not None
    numbers: list[tuple[QuantityName, float]] = [
        ("mean", found.mean),
        ("sd", found.sd),
        ("minimum", found.minimum),
        ("maximum", found.maximum),
        ("median", found.median),
    ]
    return tuple(Quantity(name, value, unit, channel) for name, value in numbers)


def _probed(measurement: Measurement, volume: Volume, is_read: NDArray[np.bool_] | None) -> Findings:
    """Return the value of the voxel that a point lies in."""
    geometry = volume.geometry
    if not geometry.contains(measurement.centre_mm):
        return Findings(refusals=(refused(_OUTSIDE),))
    place = np.clip(np.rint(geometry.to_index(measurement.centre_mm)).astype(int), 0, np.array(geometry.shape) - 1)
    if is_read is not None and not is_read[place[0]]:
        return Findings(refusals=(refused(UNREAD),), is_complete=False)
    values, unit = in_reading_unit(volume.array[tuple(place)][None], volume)
    if not np.isfinite(values).all():
        return Findings(refusals=(refused(_OUTSIDE),))
    found = [Quantity("value", float(part[0]), unit, channel) for channel, part in channels(values)]
    return Findings(tuple(found), unit=unit)
