"""Who judged, as structured reports say it: an observer that is a person (PS3.16 TID 1001 to 1003)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydicom.valuerep import DT

from medview.files.objects.coded import person_name
from medview.study.finding import Finding


def person_observer(findings: Sequence[Finding]) -> Any:
    """Return the observer context of who judged last among findings; None where nobody has, or nobody is named."""
    judged = [finding for finding in findings if _is_judged(finding)]
    return _observer(max(judged, key=lambda finding: finding.edited_at).edited_by) if judged else None


def name_observer(group: Any, finding: Finding) -> None:
    """Say in a measurement group who judged its finding, and when: its own context stands before the report's.

    The time is the group's Observation DateTime (PS3.3 C.17.3), in UTC.
    """
    if not _is_judged(finding):
        return
    group[0].ContentSequence.extend(_observer(finding.edited_by))
    if finding.edited_at:
        group[0].ObservationDateTime = DT(datetime.fromisoformat(finding.edited_at).strftime("%Y%m%d%H%M%S%z"))


def _is_judged(finding: Finding) -> bool:
    return finding.status != "proposed" and bool(finding.edited_by)


def _observer(name: str) -> Any:
    from highdicom.sr import ObserverContext, PersonObserverIdentifyingAttributes
    from pydicom.sr.codedict import codes

    return ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=PersonObserverIdentifyingAttributes(name=person_name(name)),
    )
