"""The log of a run: what it prints."""

from __future__ import annotations


def log(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201  the log is what a recipe prints
