"""`medview plugin`: what is done with plugins as folders."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from medview.cli.answer import Answer
from medview.cli.plugin_authoring import check, new, schema
from medview.cli.plugin_conformance import test
from medview.cli.plugin_import import import_plugin
from medview.progress import Progress

_ACTIONS: dict[str, Callable[[argparse.Namespace, Progress], Answer]] = {
    "new": new,
    "check": check,
    "test": test,
    "schema": schema,
    "import": import_plugin,
}


def plugin(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Do an action on plugins."""
    return _ACTIONS[arguments.action](arguments, progress)
