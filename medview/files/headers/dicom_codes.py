"""Coded concepts as they are stored (PS3.3 Table 8.8-1)."""

from __future__ import annotations

import re

from medview.files.headers.dicom_values import Values
from medview.study.segmentation import Code


def code_of(item: Values) -> Code | None:
    """Return the code of an item of a code sequence, None where it holds none."""
    value = item.text("CodeValue") or item.text("LongCodeValue") or item.text("URNCodeValue")
    meaning = item.text("CodeMeaning")
    return Code(value, item.text("CodingSchemeDesignator"), meaning) if value or meaning else None


def meaning_of(item: Values) -> str:
    """Return the words of a code, its value where it has none, "" where there is no code."""
    code = code_of(item)
    return "" if code is None else code.meaning or code.value


def unit_of(code: Values) -> str:
    """Return a unit as it is written: the code of UCUM, the words of other schemes, "" for a mere number."""
    if code.text("CodingSchemeDesignator") == "UCUM":
        written = re.sub(r"\{[^}]*\}", "", code.text("CodeValue"))  # what stands in braces is a remark
        return "" if written == "1" else written
    return meaning_of(code)
