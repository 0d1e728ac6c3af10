"""The verbs without a window: scan, convert, check, run, export, models.

Belongs here: arguments, and what a verb prints. Does not belong here: anything that the window could want as well.
Results go to standard output (JSON with --json), progress and errors to standard error. Exit status: 0 done, 1 failed,
with a sentence that says why, 2 wrong usage. The JSON is described in docs/command_line.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medview.cli.arguments import parse

if TYPE_CHECKING:
    import argparse

__all__ = ["parse", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Do a verb of the command line and return the exit status; as `medview.cli.verbs.run`."""
    from medview.cli.verbs import run  # a window needs the arguments alone

    return run(arguments)
