"""What archives held leaves no trace, however the program ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from medview.files.passing_folder import PassingFolder

_PROGRAM = """
import sys, time
from medview.files.passing_folder import PassingFolder
kept = PassingFolder()
(kept.path / "patient.dcm").write_text("DOE^JANE")
print(kept.path, flush=True)
time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def age(folder: Path) -> None:
    os.utime(folder / "lock", (1, 1))


def test_it_is_the_persons_alone_and_goes_with_the_block(temporary: Path) -> None:
    with PassingFolder() as folder:
        (folder / "a").write_text("x")
        assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700
        assert folder.parent.parent == temporary
    assert list(temporary.iterdir()) == []


def test_it_goes_with_the_object(temporary: Path) -> None:
    kept = PassingFolder()
    (kept.path / "a").write_text("x")
    del kept
    assert list(temporary.iterdir()) == []


def test_what_a_killed_program_has_left_is_swept_and_nothing_else(temporary: Path) -> None:
    program = subprocess.Popen([sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    left = Path(program.stdout.readline().strip())
    age(left.parent)
    others = [temporary / "medview-other", temporary / "elsewhere"]
    for other in others:
        other.mkdir()
        (other / "kept.txt").write_text("x")
    (others[1] / "lock").write_text("")
    age(others[1])
    (temporary / "medview-link").symlink_to(others[1])
    young = PassingFolder()
    PassingFolder.sweep()
    assert left.exists()  # its program runs
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    program.stdout.close()
    PassingFolder.sweep()
    assert not left.parent.exists()
    assert all((other / "kept.txt").exists() for other in others)
    assert young.path.exists()
    young.cleanup()
