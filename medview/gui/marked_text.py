"""A text of a file as it is, with marks for what would not be seen."""

from __future__ import annotations

import unicodedata

_DELETE = 0x7F


def marked_text(text: str, limit: int = 0) -> str:
    r"""Return `text` in one line with a mark for each control character, cut after `limit` characters (0: never).

    >>> marked_text("Head\nWARNING\x07 \u202etxt.exe")
    'Head␊WARNING␇ ⟨U+202E⟩txt.exe'
    """
    cut = bool(limit) and len(text) > limit
    shown = text[:limit] if cut else text
    if not shown.isprintable():  # the usual text is passed on as it is
        shown = "".join(map(_marked, shown))
    return f"{shown}…" if cut else shown


def _marked(letter: str) -> str:
    code = ord(letter)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == _DELETE:
        return "␡"
    return f"⟨U+{code:04X}⟩" if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") else letter
