"""Whether two files hold the same bytes."""

from __future__ import annotations

import filecmp
from pathlib import Path


def same_bytes(one: str | Path, other: str | Path) -> bool:
    """Return whether two files hold the same bytes; False where one cannot be read at the moment, or is gone."""
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
