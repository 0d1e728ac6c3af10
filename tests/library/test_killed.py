"""A program that is killed while it imports leaves a library that opens; the same import again completes it."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from medview.files.scanning.dicom_scan import scan
from medview.library.library import Library
from tests.library.studies import content, digests, write_study

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20
STUDIES = 24
IMAGES = 12
# half of the studies are copied, half linked; it waits for a line before each round, so that starting takes no time
PROGRAM = """
import sys
from pathlib import Path
from medview.files.scanning.dicom_scan import scan
from medview.library.library import Library

copied, linked = scan(Path(sys.argv[1]) / "copied"), scan(Path(sys.argv[1]) / "linked")
print("ready", flush=True)
home = Path(sys.stdin.readline().strip())
library = Library(home / "library")
library.add(copied, copy=True)
library.add(linked)
library.create_album("made")
print("done", flush=True)
"""


class Importer:
    """A program that has scanned and waits to be told where its library is."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        )  # fmt: skip
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def begin(self, home: Path) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{home}\n")
        self.process.stdin.flush()

    def kill(self) -> bool:
        """Kill it, and return whether it had not finished."""
        was_running = self.process.poll() is None
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        return was_running


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    for number in range(STUDIES):
        kind = "copied" if number % 2 else "linked"
        write_study(tmp_path / "in" / kind / str(number), number, count=IMAGES)
    return tmp_path / "in"


@pytest.fixture
def importer(studies: Path) -> Iterator[Importer]:
    made = Importer(studies)
    yield made
    made.kill()


def complete(home: Path, studies: Path) -> dict[str, list[tuple[str, list[str]]]]:
    library = Library(home / "library")
    library.add(scan(studies / "copied"), copy=True)
    library.add(scan(studies / "linked"))
    try:
        return content(library)
    finally:
        library.close()


def integrity(home: Path) -> str:
    with closing(sqlite3.connect(home / "library" / "index.sqlite")) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def _wait_for_copies(home: Path, count: int) -> None:
    while len(list((home / "library" / "store").rglob("*.dcm"))) < count:
        time.sleep(0.0005)


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed with SIGKILL")
def test_killed_at_random_points(tmp_path: Path, studies: Path, importer: Importer) -> None:
    before = digests(studies)
    wanted = complete(tmp_path / "reference", studies)
    start = time.monotonic()
    importer.begin(tmp_path / "timed")
    assert importer.process.stdout is not None
    assert importer.process.stdout.readline() == "done\n"
    whole_s = time.monotonic() - start
    chance, running, partial = random.Random(20), 0, 0
    for number in range(KILLS):
        home = tmp_path / f"killed{number}"
        victim = Importer(studies)
        victim.begin(home)
        if number % 2:
            time.sleep(chance.uniform(0.0, whole_s))
        else:  # a clock misses a program that is faster than the one that was timed; the files it has copied do not
            _wait_for_copies(home, chance.randrange(STUDIES // 2 * IMAGES))
        running += victim.kill()
        library = Library(home / "library")
        assert library.said == ()
        listed = content(library)  # every study on the list opens, and is whole
        partial += 0 < len(listed) < STUDIES
        assert all(wanted[identity] == study for identity, study in listed.items())
        assert library.verify().is_whole
        library.close()
        assert complete(home, studies) == wanted
        assert integrity(home) == "ok"
    assert digests(studies) == before
    assert running >= KILLS // 4
    assert partial > 2


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed with SIGKILL")
def test_copies_of_a_killed_import_are_found_by_a_rebuild(tmp_path: Path, studies: Path, importer: Importer) -> None:
    home = tmp_path / "home"
    importer.begin(home)
    store = home / "library" / "store"
    while len(list(store.rglob("*.dcm"))) < 20:
        time.sleep(0.001)
    importer.kill()
    library = Library(home / "library")
    copies = len(list(store.rglob("*.dcm")))
    rebuilt = library.rebuild(fresh=True)
    assert rebuilt.orphans == copies
    listed = library.usage()
    assert listed.files == copies
    assert library.verify().is_whole
    library.close()
