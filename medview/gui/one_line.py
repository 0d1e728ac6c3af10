"""A text of a file as it may stand in one line."""

from __future__ import annotations

import unicodedata


def one_line(text: str) -> str:
    r"""Return `text` without line breaks, control characters and marks that turn the direction of writing.

    What a file says must not look like several lines, or like something else than it is.

    >>> one_line("Head\nWARNING: all is well")
    'Head WARNING: all is well'
    """
    shown = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    return " ".join("".join(shown).split())
