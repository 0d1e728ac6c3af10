"""MedView as a person calls it from a shell."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def medview(*words: object, timeout_s: float = 300.0) -> subprocess.CompletedProcess[str]:
    """Run a verb and return what it printed and how it ended."""
    command = [sys.executable, "-m", "medview", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, cwd=ROOT, check=False)


def answer(*words: object) -> dict[str, Any]:
    """Return the JSON answer of a verb that must succeed."""
    done = medview(*words, "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def refusal(*words: object) -> str:
    """Return the sentence of a verb that must fail: one sentence with a remedy, and no traceback."""
    done = medview(*words)
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    progress = re.compile(r" *\d+% ")
    (line,) = [text for text in done.stderr.splitlines() if text.strip() and not progress.match(text)]
    assert line.startswith("medview: ")
    return line.removeprefix("medview: ")


def stacks(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all stacks that `medview scan` has listed."""
    return [stack for study in data["studies"] for series in study["series"] for stack in series["stacks"]]
