"""Folders in which something was made when the program ended: they are deleted a day later."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

_DAY_S = 86_400.0


def sweep_left(folder: Path, prefix: str) -> None:
    """Delete folders below `folder` whose names begin so and that nobody has touched for a day."""
    for left in folder.glob(f"{prefix}*"):
        try:
            is_old = left.is_dir() and not left.is_symlink() and time.time() - left.stat().st_mtime > _DAY_S
        except OSError:
            continue  # another program has just done so
        if is_old:
            shutil.rmtree(left, ignore_errors=True)
