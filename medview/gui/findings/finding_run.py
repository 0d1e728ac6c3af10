"""One run of a model in the list of findings: what it found on which images, and how much of it was reviewed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from medview.gui.language import tr
from medview.gui.one_line import one_line
from medview.session.finding_view import finding_view
from medview.study.finding import Finding
from medview.study.study import Study


@dataclass(frozen=True, eq=False)
class FindingRun:
    """The findings of a run that are listed.

    Attributes
    ----------
    first
        One of its findings, listed or not: title and provenance are those of all.
    rows
        What is listed, in this order.
    hidden
        How many more there are, below the threshold.
    images
        The series it was run on, as the list of studies names it.
    """

    first: Finding
    rows: tuple[Finding, ...]
    hidden: int
    images: str

    @property
    def uid(self) -> str:
        """The run's UID."""
        return self.first.run_uid

    def holds_the_same(self, other: FindingRun) -> bool:
        """Whether another lists the same findings, however they are judged."""
        own, others = ({finding.uid for finding in run.rows} for run in (self, other))
        return self.uid == other.uid and own == others

    def with_rows(self, rows: Iterable[Finding]) -> FindingRun:
        """Return it with other findings, or in another order."""
        return replace(self, rows=tuple(rows))

    def text(self) -> str:
        """Return its heading: which model, and what is left to do."""
        plugin, left = tr(self.first.title), sum(finding.status == "proposed" for finding in self.rows)
        if not self.rows:
            return one_line(tr("{plugin}: nothing above the threshold", plugin=plugin))
        if left:
            return one_line(tr("{plugin}: {left}/{count} to review", plugin=plugin, left=left, count=len(self.rows)))
        return one_line(tr("{plugin}: reviewed", plugin=plugin))

    def tip(self) -> str:
        """Return what made it, when, on which images, and how much of it the threshold hides."""
        facts = self.first.provenance
        when_and_where = (_local_time(str(facts.get("started", ""))), str(facts.get("device", "")))
        lines = [
            f"{tr(self.first.title)} {facts.get('plugin_version', '')}",
            self.images,
            " · ".join(part for part in when_and_where if part),
            tr("{count} more below the threshold", count=self.hidden) if self.hidden else "",
        ]
        return "\n".join(one_line(line) for line in lines if line)


def listed_runs(study: Study) -> tuple[FindingRun, ...]:
    """Return the runs whose findings a study holds, the newest first; what was judged is listed whatever its score."""
    view = finding_view(study)
    by_run: dict[str, list[Finding]] = {}
    for finding in study.findings:
        by_run.setdefault(finding.run_uid, []).append(finding)
    runs = []
    for found in reversed(by_run.values()):
        rows = tuple(finding for finding in found if finding.status != "proposed" or view.shows(finding))
        runs.append(FindingRun(found[0], rows, len(found) - len(rows), _images(study, found[0])))
    return tuple(runs)


def _images(study: Study, finding: Finding) -> str:
    series = study.find(finding.source.series_key)
    if series is None:
        return tr("Images that are not open")
    number = "" if series.series_number is None else f"{series.series_number}  "
    return f"{number}{series.series_description or series.modality}"


def _local_time(started: str) -> str:
    try:
        return f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:  # a result from elsewhere does not say
        return ""
