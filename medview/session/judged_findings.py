"""Which judgements of findings no report holds yet: a review of an hour must not go without a question."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from medview.study.finding import ClassScores, Finding, MeasuredValue, ScoredBox
from medview.study.study import Study

_reported: WeakKeyDictionary[Study, frozenset[Finding]] = WeakKeyDictionary()


def note_reported(study: Study, findings: Iterable[Finding]) -> None:
    """Remember that findings have been saved as they are: one that is judged anew is another."""
    _reported[study] = _reported.get(study, frozenset()) | frozenset(findings)


def has_unsaved_judgements(study: Study) -> bool:
    """Whether a person has accepted or corrected a finding that a report can hold, and none holds it."""
    kinds, held = (ScoredBox, ClassScores, MeasuredValue), _reported.get(study, frozenset())
    mine = (f for f in study.findings if f.status in ("accepted", "edited") and isinstance(f.payload, kinds))
    return any(finding not in held for finding in mine)
