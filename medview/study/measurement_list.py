"""The measurements of a study, in the order they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psygnal import Signal

from medview.study.measurement import Measurement


class MeasurementList:
    """What a person has measured; changed only through the study's history, so that it can be undone.

    Attributes
    ----------
    draft
        What is being drawn or moved with the mouse down; it is neither remembered nor kept.
    revision
        Grows with every change.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._all: tuple[Measurement, ...] = ()
        self.draft: Measurement | None = None
        self.revision = 0

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def shown(self) -> tuple[Measurement, ...]:
        """What is drawn: what is visible, and the draft in the place of the measurement that it will replace."""
        draft = self.draft
        if draft is None:
            return tuple(m for m in self._all if m.is_visible)
        others = [m for m in self._all if m.is_visible or m.tracking_uid == draft.tracking_uid]
        drawn = tuple(draft if m.tracking_uid == draft.tracking_uid else m for m in others)
        return drawn if draft in drawn else (*drawn, draft)

    def find(self, tracking_uid: str) -> Measurement | None:
        """Return the measurement of a Tracking Unique Identifier, or None."""
        return next((m for m in self._all if m.tracking_uid == tracking_uid), None)

    def set(self, measurements: Iterable[Measurement]) -> None:
        """Hold these and no others; the draft stays."""
        self._all = tuple(measurements)
        self.set_draft(self.draft)

    def set_draft(self, draft: Measurement | None) -> None:
        """Show what is being drawn; None when the mouse is up."""
        self.draft = draft
        self.revision += 1
        self.changed.emit()
