"""Damaged, odd and malicious inputs end as they should: opened, opened with a warning, or refused with a sentence.

All cases run in one process, one after the other, through the same function as the command line. `make hostile` gives
each a process of its own and measures its time and memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.judge import ROOT, Case, Ending, cases, ending_of
from tests.hostile.make_corpus import generator, make_corpus
from tests.hostile.small_cases import small_cases

_PATIENCE_S = 280.0  # a hang is told; nothing else is measured here


def endings(wanted: list[Case], home: Path) -> dict[str, Ending]:
    """Run all cases in one process; what ends that process is told of the case at which it happened."""
    paths = [str(case.path / "x.zip" if (case.path / "x.zip").exists() else case.path) for case in wanted]
    command = [sys.executable, "-m", "tests.hostile.batch"]
    process = subprocess.run(
        command, input=json.dumps(paths), capture_output=True, text=True, cwd=ROOT, timeout=_PATIENCE_S, check=False
    )
    rows = [json.loads(line) for line in process.stdout.splitlines()]
    found = {case.id: ending_of(row["answer"], 0.0, 0.0) for case, row in zip(wanted, rows, strict=False)}
    if len(rows) < len(wanted):
        found[wanted[len(rows)].id] = Ending("crash", (process.stderr[-2000:],), 0.0, 0.0)
    return found


def faults(wanted: list[Case], found: dict[str, Ending]) -> list[str]:
    """Return what is wrong with each case that did not end as it should."""
    said = []
    for case in wanted:
        fault = found[case.id].fault(case) if case.id in found else "not tried"
        if fault:
            said.append(f"{case.id}: {fault} | {found[case.id].messages if case.id in found else ''}")
    return said


def test_cases_made_here(tmp_path: Path, medview_home: Path) -> None:
    wanted = small_cases(tmp_path)
    assert faults(wanted, endings(wanted, medview_home)) == []


def test_the_shared_corpus(tmp_path: Path, medview_home: Path) -> None:
    if not generator().is_file():
        pytest.skip("the shared generator of hostile cases is not here: set MEDVIEW_SHARED")
    wanted = cases(make_corpus(tmp_path / "corpus", big=False))
    assert len(wanted) > 140
    found = endings(wanted, medview_home)
    assert faults(wanted, found) == []
    assert list(tmp_path.rglob("CANARY_*")) == [], "a model file was run"
    assert list(tmp_path.parent.rglob("MEDVIEW_ESCAPE*")) == []
    assert list(Path("/tmp").glob("MEDVIEW_ESCAPE*")) == [], "something was written outside its folder"


def test_every_odd_file_opens_or_is_refused_as_its_index_says(shared_data: Path, medview_home: Path) -> None:
    rows = [line.split("\t") for line in (shared_data / "INDEX.tsv").read_text().splitlines()]
    index = {row[0]: row for row in rows if row[0].startswith("odd_files/")}
    wanted = [Case(name, shared_data / name, "file", "load_ok", "", 30, 800) for name in index]
    found = endings(wanted, medview_home)
    opened = {name for name, ending in found.items() if ending.outcome in ("load_ok", "load_with_warning")}
    images = {name for name, row in index.items() if row[9] == "ok"}
    assert images <= opened
    # what opens without an image: directories, and objects that are listed
    rest = {Path(name).name for name in opened - images}
    assert {name for name in rest if not name.startswith("DICOMDIR")} == {
        "ExplVR_LitEndNoMeta.dcm",
        "empty_charset_LEI.dcm",
    }
    assert set(found) == set(index)
    assert all(ending.outcome in ("load_ok", "load_with_warning", "reject_with_message") for ending in found.values())
