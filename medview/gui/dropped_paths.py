"""What is dropped on the window from elsewhere, to be opened."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def dropped_paths(data: QMimeData) -> list[Path]:
    """Return what to open: several files of one folder are one examination, so that folder is opened once."""
    dropped = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    files = [path for path in dropped if not path.is_dir()]
    several = {path.parent for path in files if sum(path.parent == other.parent for other in files) > 1}
    targets = [path.parent if path in files and path.parent in several else path for path in dropped]
    return list(dict.fromkeys(targets))
