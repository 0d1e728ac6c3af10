"""One line of a benchmark: what was measured, the bound, and whether it is met."""

from __future__ import annotations


def bound_line(what: str, value: float, bound: float, unit: str = "") -> str:
    """Return the line; at most the bound is met."""
    space = " " if unit else ""
    verdict = "met" if value <= bound else "NOT MET"
    return f"  {what:66} {value:8.2f}{space}{unit}   bound {bound:g}{space}{unit}: {verdict}"
