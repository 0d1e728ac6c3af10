"""How the values of a region change along a 4-D series, or from frame to frame of a recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.imaging.findings import Findings, QuantityName
from medview.imaging.luma import LUMA
from medview.imaging.measure import measured
from medview.progress import Progress, unheard
from medview.study.annotation import ImageName
from medview.study.measurement import Measurement, slice_index
from medview.study.series import Series
from medview.study.volume import Volume


@dataclass(frozen=True, eq=False)
class TimeCurve:
    """Values of one region along an axis, mostly time.

    Attributes
    ----------
    axis
        What it runs along: "time", "b-value", "frame" ...
    places
        (n,) in `axis_unit`: "s", "ms", "s/mm2" ..., or "" where the places are only counted, from 1.
    mean, sd, minimum, maximum
        (n,) in `value_unit`; NaN where a place has no value. Of colours, in which ultrasound is mostly stored though it
        is grey, the luma (ITU-R BT.601) of the pixels.
    """

    axis: Sentence
    axis_unit: str
    places: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    value_unit: str


_AXES = {
    "time": Sentence("Time"),
    "trigger delay": Sentence("Trigger delay"),
    "echo time": Sentence("Echo time"),
    "b-value": Sentence("b-value"),
    "energy": Sentence("Energy"),
}
_NUMBERS: tuple[QuantityName, ...] = ("mean", "sd", "minimum", "maximum")
_FRAME, _PLACE = Sentence("Frame"), Sentence("Image")


def has_curve(measurement: Measurement, series: Series) -> bool:
    """Whether the values of a measurement can be followed along a series."""
    moves = series.axis is not None or (series.is_recording and measurement.image is not None)
    return moves and (measurement.is_region or measurement.kind == "probe")


def curve_along(measurement: Measurement, along: Sequence[Series], volumes: Iterable[Volume]) -> TimeCurve:
    """Return the curve of a region along a 4-D series.

    Parameters
    ----------
    along
        Every place of it, in order.
    volumes
        Of each place in turn, on the grid of that place: the one slice of a measurement on an image is enough. Each may
        be dropped before the next is asked for.
    """
    rows = [measured(on_place(measurement, volume), volume) for volume in volumes]
    axes = [series.axis for series in along]
    values = [axis.value if axis is not None else None for axis in axes]
    first = axes[0]
    name, unit = (first.name, first.unit) if first is not None else ("", "")
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return _curve(_AXES.get(name, _PLACE), "", [n + 1.0 for n in range(len(values))], rows)
    if (name, unit) == ("time", "ms"):
        return _curve(_AXES[name], "s", [value / 1000.0 for value in known], rows)
    return _curve(_AXES.get(name, _PLACE), unit, known, rows)


def frame_curve(measurement: Measurement, volume: Volume, progress: Progress = unheard) -> TimeCurve:
    """Return the curve of a region over the frames of a recording."""
    frame_ms, rows = volume.series.frame_time_ms, []
    for number, drawn in enumerate(_on_frames(measurement, volume)):
        progress(number / volume.geometry.shape[0])
        rows.append(measured(drawn, volume))
    if frame_ms:
        return _curve(_AXES["time"], "s", [n * frame_ms / 1000.0 for n in range(len(rows))], rows)
    return _curve(_FRAME, "", [n + 1.0 for n in range(len(rows))], rows)


def on_place(measurement: Measurement, volume: Volume) -> Measurement:
    """Return a measurement as it lies on the same slice of another place of a 4-D series."""
    if measurement.image is None or not volume.series.instances:
        return measurement
    instance = volume.series.instances[slice_index(measurement, volume.geometry)]
    return replace(measurement, image=ImageName(instance.sop_instance_uid, instance.frame_index))


def _on_frames(measurement: Measurement, volume: Volume) -> Iterator[Measurement]:
    index = volume.geometry.to_index(measurement.points_mm)
    for number, instance in enumerate(volume.series.instances):
        index[:, 0] = number
        image = ImageName(instance.sop_instance_uid, instance.frame_index)
        yield replace(measurement, points_mm=volume.geometry.to_mm(index), image=image)


def _curve(axis: Sentence, unit: str, places: list[float], rows: Sequence[Findings]) -> TimeCurve:
    columns = np.array([_row(found) for found in rows]).T
    if not np.isfinite(columns).any():
        reasons = [error for found in rows for error in found.refusals]
        raise reasons[0] if reasons else MedViewError("Nothing here has a value.", "Draw it on the image.")
    mean, sd, minimum, maximum = columns
    is_colour = any(quantity.channel for found in rows for quantity in found.quantities)
    value_unit = "luma" if is_colour else next((found.unit for found in rows if found.unit), "")
    return TimeCurve(axis, unit, np.array(places), mean, sd, minimum, maximum, value_unit)


def _row(found: Findings) -> list[float]:
    """Return mean, SD, minimum and maximum; NaN where there are none."""
    values = [q.value for q in found.quantities if q.name == "value"]
    if values:  # of a probe; of a colour three
        value = float(values[0] if len(values) == 1 else np.dot(values, LUMA))
        return [value, 0.0, value, value]
    if found.values is not None and found.values.ndim == 2:
        luma = found.values @ LUMA
        return [float(n) for n in (luma.mean(), luma.std(), luma.min(), luma.max())]
    numbers = [found.quantity(name) for name in _NUMBERS]
    return [number.value if number is not None else np.nan for number in numbers]
