"""Where things lie: what ships with the program, and what belongs to the person."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    """Return a folder that ships with the program: beside the package in a checkout, inside it when installed."""
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parent / name


def resources_folder() -> Path:
    """Return the folder of icons, colour maps, code presets, layouts and translations."""
    return _shipped("resources")


def shipped_plugins_folder() -> Path:
    """Return the folder of the plugins that ship with the program."""
    return _shipped("plugins")


def data_folder() -> Path:
    """Return the person's own MedView folder (settings, weights, plugins), made where it is missing.

    MEDVIEW_HOME moves it: tests and portable installations use that.
    """
    home = os.environ.get("MEDVIEW_HOME")
    folder = Path(home) if home else Path(platformdirs.user_data_dir("MedView", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
