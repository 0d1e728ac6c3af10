"""The measurements of a study, in the order they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psygnal import Signal

from medview.study.measurement import Measurement


class MeasurementList:
    """What a person has measured; changed only through the study's history, so that it can be undone.

    `revision` grows with every change.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._all: tuple[Measurement, ...] = ()
        self.revision = 0

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def find(self, tracking_uid: str) -> Measurement | None:
        """Return the measurement of a Tracking Unique Identifier, or None."""
        return next((m for m in self._all if m.tracking_uid == tracking_uid), None)

    def set(self, measurements: Iterable[Measurement]) -> None:
        """Hold these and no others."""
        self._all = tuple(measurements)
        self.revision += 1
        self.changed.emit()
