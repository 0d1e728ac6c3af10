"""Accept, reject, correct and delete what a model has said: each call is one step that can be undone.

The study is named by the caller: to which one a finding belongs is never guessed. Who judges is the author of its
history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from medview.study.finding import Finding, ScoredBox, Status
from medview.study.finding_list import FindingList
from medview.study.now_text import now_text
from medview.study.study import Study

_TITLES: dict[Status, str] = {
    "accepted": "Accept finding",
    "rejected": "Reject finding",
    "proposed": "Take back the judgement",
    "edited": "Correct finding",
}


def judge_findings(study: Study, uids: Iterable[str], status: Status) -> None:
    """Give findings a status; one that is not there or has it already is passed over."""
    wanted = frozenset(uids)
    by, at = study.history.author, now_text()
    _step(study, _TITLES[status], wanted, lambda finding: finding.judged(status, by, at))


def move_box(study: Study, uid: str, box: ScoredBox) -> None:
    """Put a corrected box in the place of a finding's; its score stays that of the model, its status says "edited"."""
    by, at = study.history.author, now_text()
    _step(
        study,
        _TITLES["edited"],
        frozenset((uid,)),
        lambda finding: replace(finding, payload=box).judged("edited", by, at),
    )


def remove_findings(study: Study, uids: Iterable[str]) -> None:
    """Delete findings."""
    _step(study, "Delete finding", frozenset(uids), lambda finding: None)


def _step(study: Study, title: str, uids: frozenset[str], changed: Callable[[Finding], Finding | None]) -> None:
    """Replace findings by changed ones, as one step of the study's history."""
    before = tuple(f for f in study.findings if f.uid in uids)
    after = {f.uid: new for f in before if (new := changed(f)) is not f and _differs(f, new)}
    if not after:
        return
    old = {f.uid: f for f in before if f.uid in after}
    order = tuple(f.uid for f in study.findings)

    def redo(findings: FindingList) -> None:
        findings.set(_kept(findings, after))

    def undo(findings: FindingList) -> None:
        there = {f.uid: f for f in findings} | old
        placed = [there.pop(uid) for uid in order if uid in there]
        findings.set((*placed, *there.values()))

    study.history.do_change(title, study.findings, redo, undo, series_key=before[0].source.series_key)


def _differs(before: Finding, after: Finding | None) -> bool:
    return after is None or after.status != before.status or after.payload is not before.payload


def _kept(findings: FindingList, after: dict[str, Finding | None]) -> list[Finding]:
    new = (after.get(finding.uid, finding) for finding in findings)
    return [finding for finding in new if finding is not None]
