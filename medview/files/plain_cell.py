"""Make a text harmless in a table that a spreadsheet will open."""

from __future__ import annotations

from typing import Any

_MAY_CALCULATE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a text that begins so for a formula


def plain_cell(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_MAY_CALCULATE) else cell
