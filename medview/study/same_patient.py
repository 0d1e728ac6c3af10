"""Whether two examinations are of one patient: as far as their headers can tell, and never by a UID or a name alone."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from medview.study.series import Patient

Sameness = Literal["same", "different", "unknown"]

# what de-identification and scanners put where nothing is known: they stand for many patients
_PLACEHOLDERS = {
    "", "0", "1", "anon", "anonym", "anonymous", "anonymized", "anonymised", "anonymous anonymous", "deidentified",
    "id", "n/a", "na", "name", "no id", "no name", "noid", "noname", "none", "patient", "patient id", "patientid",
    "test", "unknown", "unnamed", "x", "xx", "xxx", "xxxx", "removed", "hidden",
}  # fmt: skip


@lru_cache(maxsize=4096)  # asked for each pane that is painted
def sameness(one: Patient, other: Patient) -> Sameness:
    """Return whether two patients are one: Patient ID and name must be there and agree, and nothing may contradict.

    IDs are given by an institution and names are shared by many: neither is enough (PS3.3 C.7.1.1). Date of birth and
    sex, where both have them, must agree, too.
    """
    pairs = ((_name, one.patient_name, other.patient_name), (_plain, one.patient_id, other.patient_id))
    texts = [(told(first), told(second)) for told, first, second in pairs]
    others = ((one.patient_birth_date, other.patient_birth_date), (one.patient_sex, other.patient_sex))
    told = [(_plain(first), _plain(second)) for first, second in others]
    if any(first and second and first != second for first, second in (*texts, *told)):
        return "different"
    is_named = all(first and second and first not in _PLACEHOLDERS for first, second in texts)
    return "same" if is_named else "unknown"


def _name(text: str) -> str:
    """Return a name as it is compared: with and without its empty parts it is the same."""
    return re.sub(r"[\^=\s]+", " ", text).strip().casefold()


def _plain(text: str) -> str:
    return text.strip().casefold()
