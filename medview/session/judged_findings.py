"""Which judgements of findings no report holds yet: a review of an hour must not go without a question."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from medview.study.finding import ClassScores, Finding, MeasuredValue, ScoredBox
from medview.study.study import Study

_settled: WeakKeyDictionary[Study, frozenset[Finding]] = WeakKeyDictionary()
_kept: WeakKeyDictionary[Study, bool] = WeakKeyDictionary()


def note_reported(study: Study, findings: Iterable[Finding]) -> None:
    """Remember that findings have been saved as they are: one that is judged anew is another."""
    _settled[study] = _settled.get(study, frozenset()) | frozenset(findings)


def note_brought_back(study: Study, findings: Iterable[Finding]) -> None:
    """Remember that findings were judged another time, and are kept as they are: nobody is asked about them again."""
    note_reported(study, findings)


def note_keeping(study: Study, *, is_kept: bool) -> None:
    """Remember whether the findings of a study are kept on this computer with what is thought of them."""
    _kept[study] = is_kept


def is_kept(study: Study) -> bool:
    """Whether the judgements of a study outlive its closing."""
    return _kept.get(study, False)


def has_unsaved_judgements(study: Study) -> bool:
    """Whether a person has accepted or corrected a finding, since the study was opened, and no report holds it."""
    kinds, held = (ScoredBox, ClassScores, MeasuredValue), _settled.get(study, frozenset())
    mine = (f for f in study.findings if f.status in ("accepted", "edited") and isinstance(f.payload, kinds))
    return any(finding not in held for finding in mine)
