"""What the first series needs is loaded before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LOADED_BY = """
import sys
from pathlib import Path
from medview.jobs.job_queue import JobQueue
from medview.session.open_folder import open_folder
from medview.session.prepare_reading import prepare_reading
from medview.session.session import Session
from medview.session.settings import Settings
from tests.session.waiting import wait_idle

jobs = JobQueue()
session = Session(jobs, Settings())
if sys.argv[2:]:
    prepare_reading()
before = set(sys.modules)
open_folder(session, Path(sys.argv[1]))
wait_idle(session)
assert session.scene is not None and session.library is not None
print(*(name for name in sorted(set(sys.modules) - before) if name.startswith(("medview.files.", "medview.library."))))
jobs.stop()
"""


def loaded(*arguments: str) -> list[str]:
    """Return the modules of ours that opening a folder has loaded, in a process of its own."""
    command = [sys.executable, "-c", _LOADED_BY, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()


def test_opening_a_folder_loads_nothing_more(tmp_path: Path, medview_home: Path) -> None:
    from tests.library.studies import write_study

    folder = str(write_study(tmp_path / "in"))
    assert "medview.files.pixels.dicom_pixels" in loaded(folder)
    assert loaded(folder, "prepared") == []
