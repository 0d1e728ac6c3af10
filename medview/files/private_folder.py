"""Folders that only their owner may look into."""

from __future__ import annotations

from pathlib import Path


def private_folder(folder: Path) -> Path:
    """Return a folder, made with all above it that are missing, each closed to others; OSError where it cannot be."""
    for one in (*reversed(folder.parents), folder):
        if not one.is_dir():
            one.mkdir(exist_ok=True, mode=0o700)
    return folder
