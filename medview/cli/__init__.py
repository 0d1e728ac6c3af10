"""The verbs without a window: scan, convert, check, run, export, models.

Belongs here: arguments, and what a verb prints. Does not belong here: anything that the window could want as well.
Results go to standard output (JSON with --json), progress and errors to standard error. Exit status: 0 done, 1 failed,
with a sentence that says why, 2 wrong usage. The JSON is described in docs/command_line.md.
"""

from __future__ import annotations

from medview.cli.arguments import parse
from medview.cli.verbs import run

__all__ = ["parse", "run"]
