"""A tool tip of text that comes from files."""

from __future__ import annotations

from html import escape


def plain_tip(text: str) -> str:
    r"""Return `text` for a tool tip, wrapped by Qt, with nothing in it taken for mark-up.

    >>> plain_tip("T1 <3 mm\nsagittal")
    '<qt>T1 &lt;3 mm<br>sagittal</qt>'
    """
    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>") if text else ""
