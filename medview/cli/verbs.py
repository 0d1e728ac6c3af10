"""One verb done: its answer printed, or the sentence why not."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from medview.cli.answer import Answer
from medview.cli.check import check
from medview.cli.convert import convert
from medview.cli.export import export
from medview.cli.library import library
from medview.cli.models import models
from medview.cli.plugin import plugin
from medview.cli.plugin_run import demo, run_plugin
from medview.cli.progress_bar import printable, progress_bar
from medview.cli.scan import scan
from medview.errors import MedViewError
from medview.progress import Progress

_VERBS: dict[str, Callable[[argparse.Namespace, Progress], Answer]] = {
    "scan": scan,
    "convert": convert,
    "check": check,
    "run": run_plugin,
    "export": export,
    "models": models,
    "plugin": plugin,
    "library": library,
    "demo": demo,
}


def run(arguments: argparse.Namespace) -> int:
    """Do a verb of the command line and return the exit status."""
    try:
        with progress_bar(quiet=arguments.quiet) as progress:
            answer = _VERBS[arguments.verb](arguments, progress)
    except MedViewError as error:
        answer = Answer({}, "", error)
    except KeyboardInterrupt:
        answer = Answer({}, "", MedViewError("Cancelled."))
    if answer.error is not None:
        print(f"medview: {printable(str(answer.error))}", file=sys.stderr)
    if arguments.json:
        _print_json(answer.as_json(arguments.verb))
    elif answer.error is None or answer.is_report:
        print("\n".join(map(printable, answer.text.splitlines())))
    return 0 if answer.error is None else 1


def _print_json(data: dict[str, Any]) -> None:
    """Print JSON in UTF-8, whatever the terminal speaks; bytes of a file's name that are no UTF-8 are escaped."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.flush()
