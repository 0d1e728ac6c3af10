"""Codes, parameters and texts as the DICOM objects that are written here hold them."""

from __future__ import annotations

import json
from typing import Any

from medview.study.segmentation import Code

_LONGEST = 64  # of a Long String (PS3.5 6.2): characters by the standard, bytes by some who read it


def coded(code: Code) -> Any:
    """Return a code as highdicom's type."""
    import highdicom

    return highdicom.sr.CodedConcept(code.value, code.scheme, long_string(code.meaning))


def flat(value: Any) -> str:
    """Return a parameter as text: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def long_string(text: str) -> str:
    """Return a text that fits a Long String: no backslash, no control characters, at most 64 bytes of UTF-8."""
    plain = "".join(c if c.isprintable() and c != "\\" else " " for c in text)
    return plain.encode()[:_LONGEST].decode(errors="ignore").strip() or "unnamed"
