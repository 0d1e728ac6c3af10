"""Who judged, as structured reports say it: an observer that is a person (PS3.16 TID 1001 to 1003)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydicom.valuerep import DT

from medview.files.objects.coded import person_name
from medview.study.finding import Finding

_OBSERVER_NAME = "121008"  # DCM: Person Observer Name


def person_observer(findings: Sequence[Finding]) -> Any:
    """Return the observer context of who judged last, None where nobody is named, or any finding was not judged.

    What stands at the head of a report holds for all of it (PS3.16, TID 1001): nobody is said to have seen what only a
    model has. Who judged the others stands in their own groups.
    """
    if not findings or not all(_is_judged(finding) for finding in findings):
        return None
    return _observer(max(findings, key=lambda finding: finding.edited_at).edited_by)


def name_observer(group: Any, finding: Finding) -> None:
    """Say in a measurement group who judged its finding, and when: its own context stands before the report's.

    The time is the group's Observation DateTime (PS3.3 C.17.3), in UTC.
    """
    if not _is_judged(finding):
        return
    group[0].ContentSequence.extend(_observer(finding.edited_by))
    if finding.edited_at:
        group[0].ObservationDateTime = DT(datetime.fromisoformat(finding.edited_at).strftime("%Y%m%d%H%M%S%z"))


def observer_name(finding: Finding) -> str:
    """Return who judged a finding as a report has it; "" where nobody has, or nobody is named."""
    return person_name(finding.edited_by) if _is_judged(finding) else ""


def read_observer(group: Any) -> str:
    """Return the same of a group of a file."""
    people = (item for item in group[0].ContentSequence if item.name.value == _OBSERVER_NAME)
    return next((str(item.value) for item in people), "")


def _is_judged(finding: Finding) -> bool:
    return finding.status != "proposed" and bool(finding.edited_by)


def _observer(name: str) -> Any:
    from highdicom.sr import ObserverContext, PersonObserverIdentifyingAttributes
    from pydicom.sr.codedict import codes

    return ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=PersonObserverIdentifyingAttributes(name=person_name(name)),
    )
