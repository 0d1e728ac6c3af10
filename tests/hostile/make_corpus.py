"""The shared corpus of hostile cases, made where it is wanted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def generator() -> Path:
    """Return the shared program that makes the corpus; it may be missing."""
    return Path(os.environ.get("MEDVIEW_SHARED", ROOT.parent / "shared")) / "tools" / "make_hostile.py"


def make_corpus(folder: Path, *, big: bool) -> Path:
    """Make the corpus in a new folder and return it."""
    command = [sys.executable, str(generator()), str(folder), *([] if big else ["--no-big"])]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder
