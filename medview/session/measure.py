"""Put measurements on a study, change them and take them away: each call is one step that can be undone.

The study is named by the caller: to which one a measurement belongs is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import uuid4

from medview.study.measurement import KIND_TITLES, Measurement
from medview.study.measurement_list import MeasurementList
from medview.study.study import Study

_BYTES = 400  # of a measurement without its points, roughly
_ASIDE_PX = 12.0  # how far a duplicate lies from what it was made from: far enough to be seen as another


@dataclass(frozen=True, eq=False)
class _Row:
    """One measurement before and after a step, None where it is not there; and its place in the list."""

    place: int
    before: Measurement | None
    after: Measurement | None

    @property
    def size(self) -> int:
        """Bytes that it keeps."""
        return sum(_BYTES + m.points_mm.nbytes for m in (self.before, self.after) if m is not None)


def add_measurement(study: Study, measurement: Measurement) -> None:
    """Add a measurement that has been drawn."""
    _step(study, KIND_TITLES[measurement.kind].template, [_Row(len(study.measurements), None, measurement)])


def replace_measurement(study: Study, measurement: Measurement, title: str = "") -> None:
    """Put a measurement in the place of the one with the same Tracking UID: a whole drag of a handle is one call."""
    _step(study, title if title else "Move measurement", _changed(study, [measurement]))


def remove_measurements(study: Study, tracking_uids: Iterable[str]) -> None:
    """Delete measurements."""
    _step(study, "Delete measurement", _removed(study, frozenset(tracking_uids)))


def remove_all_measurements(study: Study, series_key: str = "") -> None:
    """Delete all measurements, or those on one series."""
    gone = frozenset(m.tracking_uid for m in study.measurements if series_key in ("", m.series_key))
    _step(study, "Delete all measurements", _removed(study, gone))


def rename_measurement(study: Study, tracking_uid: str, label: str) -> None:
    """Call a measurement something else; of a text, write another text. "" gives it the name of its kind again."""
    _step(study, "Rename measurement", _with(study, tracking_uid, label=label.strip()))


def recolour_measurement(study: Study, tracking_uid: str, colour: tuple[int, int, int]) -> None:
    """Draw a measurement in another colour (sRGB, 0 to 255)."""
    _step(study, "Change colour", _with(study, tracking_uid, colour=colour))


def show_measurement(study: Study, tracking_uid: str, *, visible: bool) -> None:
    """Draw a measurement, or do not."""
    rows = _with(study, tracking_uid, is_visible=visible)
    _step(study, "Show measurement" if visible else "Hide measurement", rows)


def show_measurements(study: Study, *, visible: bool) -> None:
    """Draw all measurements, or none."""
    wanted = [replace(m, is_visible=visible) for m in study.measurements if m.is_visible is not visible]
    _step(study, "Show measurements" if visible else "Hide measurements", _changed(study, wanted))


def duplicate_measurement(study: Study, tracking_uid: str) -> Measurement | None:
    """Add a second one like a measurement, a little aside in its plane, and return it; None where there is none."""
    found = study.measurements.find(tracking_uid)
    series = study.find(found.series_key) if found is not None else None
    if found is None or series is None or series.geometry is None:
        return None
    aside = (series.geometry.affine[:3, 1] + series.geometry.affine[:3, 2]) * _ASIDE_PX
    aside = aside - found.normal * float(found.normal @ aside)  # stays in the plane, whichever it is
    made = replace(found, points_mm=found.points_mm + aside, tracking_uid=f"2.25.{uuid4().int}")
    _step(study, "Duplicate measurement", [_Row(len(study.measurements), None, made)])
    return made


def _with(study: Study, tracking_uid: str, **values: object) -> list[_Row]:
    """Return the row of a measurement with other values, none where it has them already."""
    found = study.measurements.find(tracking_uid)
    if found is None or all(getattr(found, name) == value for name, value in values.items()):
        return []
    return _changed(study, [replace(found, **values)])  # type: ignore[arg-type]  # by name


def _changed(study: Study, wanted: Iterable[Measurement]) -> list[_Row]:
    """Return the rows of measurements that take the place of what bears their UIDs."""
    places = {m.tracking_uid: (place, m) for place, m in enumerate(study.measurements)}
    return [_Row(*places[m.tracking_uid], m) for m in wanted if m.tracking_uid in places]


def _removed(study: Study, uids: frozenset[str]) -> list[_Row]:
    return [_Row(place, m, None) for place, m in enumerate(study.measurements) if m.tracking_uid in uids]


def _step(study: Study, title: str, rows: list[_Row]) -> None:
    """Make one step of the history of rows that change together; the draft ends with it."""
    study.measurements.draft = None
    if not rows:
        study.measurements.set_draft(None)
        return

    def redo(measurements: MeasurementList) -> None:
        _apply(measurements, [(row.place, row.before, row.after) for row in rows])

    def undo(measurements: MeasurementList) -> None:
        _apply(measurements, [(row.place, row.after, row.before) for row in rows])

    keys = {m.series_key for row in rows for m in (row.before, row.after) if m is not None}
    size, key = sum(row.size for row in rows), keys.pop() if len(keys) == 1 else ""
    study.history.do_change(title, study.measurements, redo, undo, size=size, series_key=key)


def _apply(measurements: MeasurementList, rows: list[tuple[int, Measurement | None, Measurement | None]]) -> None:
    """Put each `new` measurement in the place of the `old` one; what came into the list meanwhile stays."""
    listed = list(measurements)
    for place, old, new in rows:
        found = next((n for n, m in enumerate(listed) if old is not None and m.tracking_uid == old.tracking_uid), None)
        if found is not None and new is not None:
            listed[found] = new
        elif found is not None:
            del listed[found]
        elif old is None and new is not None:
            listed.insert(min(place, len(listed)), new)
    measurements.set(listed)
