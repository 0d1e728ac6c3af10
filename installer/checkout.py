"""Where things lie in a checkout."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "installer" / "requirements.lock"
STAMP = VENV / "medview-setup.json"
LOG = VENV / "medview-setup.log"
WINDOWS = os.name == "nt"


def venv_python() -> Path:
    """Return the interpreter of the virtual environment."""
    return VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")


def venv_script(name: str) -> Path:
    """Return a command of the virtual environment."""
    return VENV / (f"Scripts/{name}.exe" if WINDOWS else f"bin/{name}")
