"""The report, document or list of facts that is being read."""

from __future__ import annotations

from psygnal import Signal

from medview.study.object_report import ObjectReport
from medview.study.study import Study


class ReportDesk:
    """One report lies open at a time; None before the first, and after it has been laid away."""

    changed = Signal()

    def __init__(self) -> None:
        self.report: ObjectReport | None = None
        self.study: Study | None = None

    def lay_open(self, study: Study, report: ObjectReport) -> None:
        """Open a report of a study in place of the one that is open."""
        self.study, self.report = study, report
        self.changed.emit()

    def lay_away(self) -> None:
        """Close the report."""
        self.study = self.report = None
        self.changed.emit()
