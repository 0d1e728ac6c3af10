"""The findings of a study, in the order they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psygnal import Signal

from medview.study.finding import Finding


class FindingList:
    """What models have said of a study's images; changed only through the study's history.

    Attributes
    ----------
    revision
        Grows with every change.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._all: tuple[Finding, ...] = ()
        self._by_uid: dict[str, Finding] = {}
        self.revision = 0

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def find(self, uid: str) -> Finding | None:
        """Return the finding of a UID, or None."""
        return self._by_uid.get(uid)

    def on(self, series_key: str) -> tuple[Finding, ...]:
        """Return the findings on a series."""
        return tuple(f for f in self._all if f.source.series_key == series_key)

    def set(self, findings: Iterable[Finding]) -> None:
        """Hold these and no others."""
        self._all = tuple(findings)
        self._by_uid = {finding.uid: finding for finding in self._all}
        self.revision += 1
        self.changed.emit()
