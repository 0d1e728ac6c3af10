"""Codes and texts as the DICOM objects that are written here hold them."""

from __future__ import annotations

from typing import Any

from medview.study.segmentation import Code

_LONGEST = 64  # of a Long String (PS3.5 6.2): characters by the standard, bytes by some who read it


def coded(code: Code) -> Any:
    """Return a code as highdicom's type."""
    import highdicom

    return highdicom.sr.CodedConcept(code.value, code.scheme, long_string(code.meaning))


def long_string(text: str) -> str:
    """Return a text that fits a Long String: no backslash, no control characters, at most 64 bytes of UTF-8."""
    plain = "".join(c if c.isprintable() and c != "\\" else " " for c in text)
    return plain.encode()[:_LONGEST].decode(errors="ignore").strip() or "unnamed"


def person_name(text: str) -> str:
    """Return a name as a Person Name (PS3.5 6.2.1): as it was given, where it has no parts all of it the first one.

    A name may be given in up to three scripts: ``Wang^Xiaodong=王^小东``.
    """
    plain = "".join(c if c.isprintable() and c != "\\" else " " for c in text)
    first, *others = (group.encode()[: _LONGEST - 1].decode(errors="ignore").strip() for group in plain.split("=")[:3])
    return "=".join((first if "^" in first else f"{first}^", *others))
