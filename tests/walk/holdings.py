"""What this process holds on to, as the system and Qt count it."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path
from typing import Any

from psygnal import SignalInstance
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from medview.paths import data_folder
from medview.session.session import Session

_INDEX = "/library/index.sqlite"


def holdings(session: Session) -> dict[str, int]:
    """Return counts of shared memory, open files, threads, widgets, Qt objects and connected slots."""
    gc.collect()
    gc.collect()
    return {
        "shared_memory": len(shared_memory()),
        "files": sum(_INDEX not in name for name in open_files()),
        "threads": threading.active_count(),
        "widgets": len(QApplication.allWidgets()),
        "objects": sum(len(w.findChildren(QObject)) for w in QApplication.topLevelWidgets()),
        "slots": sum(len(signal) for signal in _signals(session)),
    }


def open_files() -> list[str]:
    """Return what this process has open."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:  # the list of them itself
            continue
    return found


def library_files() -> int:
    """Return how many files the connections to this library's index hold: each thread that asks it keeps one."""
    return sum(f"{data_folder()}{_INDEX}" in name for name in open_files())  # other tests have libraries of their own


def shared_memory(process: int | str = "self") -> set[str]:
    """Return the names of the shared memory that a process has mapped and that still has a name."""
    maps = Path(f"/proc/{process}/maps").read_text().splitlines()
    paths = {line.split(maxsplit=5)[5] for line in maps if "/dev/shm/psm_" in line}
    return {Path(path).name for path in paths if not path.endswith("(deleted)")}


def rss_mb() -> float:
    """Return the resident memory of this process, that which it shares left out."""
    facts = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(facts["RssAnon"].split()[0]) / 1024


def _signals(session: Session) -> list[SignalInstance]:
    owners: tuple[Any, ...] = (session, session.jobs, session.settings, session.notices, *session.viewports.values())
    names = [(owner, name) for owner in owners for name in dir(type(owner))]
    found = [getattr(owner, name) for owner, name in names if not name.startswith("_")]
    return [signal for signal in found if isinstance(signal, SignalInstance)]
