"""Runs a hostile case through `medview check`, within its limits, and says how it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[2]
Category = Literal["load_ok", "load_with_warning", "reject_with_message"]

# Cases that may also end otherwise than their category says, each for a reason that its own text gives
ALLOWED: dict[str, tuple[Category, str]] = {
    "no_preamble_implicit": ("load_with_warning", "'at most a note'"),
    "no_transfer_syntax": ("reject_with_message", "'or is refused'"),
    "no_pixel_representation": ("reject_with_message", "'or is refused'"),
    "palette_index_out_of_range": ("load_ok", "'indices clamped to the last entry (standard says so)'"),
    "encaps_bot_outside": ("reject_with_message", "'or is refused'"),
    "rle_expands_too_far": ("load_with_warning", "'or clipped with a warning'"),
    "two_patients_one_series": ("load_with_warning", "'offers the two parts separately'"),
    "nest_5000": ("load_with_warning", "'or sequence dropped with a warning'"),
    "ds_300_chars": ("load_ok", "'value parsed or ignored': nothing here reads Slice Location"),
    "zip_slip": ("load_with_warning", "'or that entry skipped with a message'"),
    "zip_symlink": ("load_with_warning", "'link entry never made or followed': it is left out with a message"),
    "zip_20k_entries": ("reject_with_message", "'not DICOM'"),
    "dicomdir_cycle": ("load_ok", "'or entries listed once'"),
    "rtstruct_point_count": ("load_with_warning", "'that contour refused': the other outlines are kept"),
}
if hasattr(os, "geteuid") and os.geteuid() == 0:
    ALLOWED["unreadable_file"] = ("load_ok", "'run the test as a normal user: root reads it'")


@dataclass(frozen=True)
class Case:
    """One row of the corpus' manifest."""

    id: str
    path: Path
    kind: str
    category: Category
    expect: str
    seconds: float
    rss_mb: float

    @property
    def name(self) -> str:
        """The id without its number."""
        return self.id.partition("_")[2]


@dataclass(frozen=True)
class Ending:
    """How a case ended: `outcome` is a category, or "crash", "hang", "no answer"."""

    outcome: str
    messages: tuple[str, ...]
    seconds: float
    rss_mb: float
    is_partly_rejected: bool = False

    def fault(self, case: Case) -> str:
        """Return what is wrong with it, "" where it is as the manifest says."""
        if self.outcome not in ("load_ok", "load_with_warning", "reject_with_message"):
            return self.outcome
        if self.seconds > case.seconds:
            return f"{self.seconds:.1f} s of {case.seconds:g}"
        if self.rss_mb > case.rss_mb:
            return f"{self.rss_mb:.0f} MB of {case.rss_mb:g}"
        return "" if _fits(case, self) else f"{self.outcome}, not {case.category}"


def cases(folder: Path) -> list[Case]:
    """Return the cases of a corpus that `make_hostile.py` has made."""
    rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return [
        Case(
            row["id"], folder / row["path"], row["kind"], row["category"], row["expect"],
            row["limits"]["seconds"], row["limits"]["rss_mb"],
        )
        for row in rows
    ]  # fmt: skip


def run_case(case: Case, home: Path) -> Ending:
    """Run the real command line on a case, in a process of its own, and measure it."""
    command = [sys.executable, "-m", "medview", "check", str(case.path), "--json", "--quiet"]
    environment = {**os.environ, "MEDVIEW_HOME": str(home)}
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err, env=environment)
        timer = threading.Timer(case.seconds * 3, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)  # the only way to learn how much memory it has used
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds, rss_mb = time.monotonic() - started, usage.ru_maxrss / 1024
        out.seek(0)
        err.seek(0)
        said = err.read().decode(errors="replace")
        if process.returncode < 0:
            return Ending("hang" if seconds >= case.seconds * 3 else "crash", (said[-300:],), seconds, rss_mb)
        answer = out.read()
    return ending_of(json.loads(answer) if answer else {}, seconds, rss_mb, said)


def ending_of(data: dict[str, Any], seconds: float, rss_mb: float, err: str = "") -> Ending:
    """Return how `medview check` ended by its JSON."""
    if "Traceback" in err or not data:
        return Ending("crash", (err[-300:],), seconds, rss_mb)
    if "error" in data:
        return Ending("reject_with_message", (data["error"],), seconds, rss_mb)
    rows = data["rows"]
    messages = tuple(f"{row['verdict']}: {row['message']}" for row in rows)
    if any(not row["message"] for row in rows):
        return Ending("no answer", messages, seconds, rss_mb)
    verdicts = {row["verdict"] for row in rows}
    if verdicts <= {"rejected"}:
        return Ending("reject_with_message", messages, seconds, rss_mb)
    outcome = "load_ok" if verdicts == {"ok"} else "load_with_warning"
    return Ending(outcome, messages, seconds, rss_mb, "rejected" in verdicts)


def _fits(case: Case, ending: Ending) -> bool:
    """Whether an ending is what the manifest asks for, or what the case's own text allows beside it."""
    if ending.outcome == case.category:
        return True
    if case.name in ALLOWED and ending.outcome == ALLOWED[case.name][0]:
        return True
    # "the entry is refused; the other slice opens"
    return case.category == "reject_with_message" and "opens" in case.expect and ending.is_partly_rejected
