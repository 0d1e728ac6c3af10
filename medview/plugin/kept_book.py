"""Small tables that are kept in the person's data folder between runs, as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read_book(path: Path) -> dict[str, Any]:
    """Return what a book holds; one that is lost or torn is begun anew."""
    try:
        book = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return book if isinstance(book, dict) else {}


def write_book(path: Path, book: Mapping[str, Any]) -> None:
    """Write a book whole or not at all; OSError where it cannot be written."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        temporary.write_text(json.dumps(book, indent=1), encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
