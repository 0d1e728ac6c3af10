"""`medview models`: which models there are, and their weights."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from medview.cli.answer import Answer
from medview.cli.options import options_of
from medview.errors import MedViewError
from medview.progress import Progress

if TYPE_CHECKING:
    from medview.plugin.discovery import BrokenPlugin, Plugin


def models(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """List the models, or fetch the weights of one."""
    from medview.plugin.discovery import discover, find
    from medview.session.fetch_weights import fetch_missing

    if arguments.action == "list":
        rows = [_as_data(found) for found in discover()]
        return Answer({"models": rows}, "\n".join(map(_line, rows)))
    if arguments.plugin is None:
        raise MedViewError("Which model?", "Write: medview models fetch ID. List them: medview models list")
    options = options_of(arguments.option)
    paths = [str(path) for path in fetch_missing(find(arguments.plugin, discover()), options, progress)]
    return Answer({"fetched": paths}, "\n".join(paths) or "Nothing is missing.")


def _as_data(found: Plugin | BrokenPlugin) -> dict[str, Any]:
    from medview.plugin.discovery import Plugin
    from medview.session.fetch_weights import missing_weights

    if not isinstance(found, Plugin):
        return {"folder": str(found.folder), "broken": str(found.reason)}
    manifest = found.manifest
    absent = [record.id for record in missing_weights(found)]
    row = {"id": manifest.id, "version": manifest.version, "name": manifest.name, "summary": manifest.summary}
    return {**row, "task": manifest.task, "missing_weights": absent}


def _line(row: dict[str, Any]) -> str:
    if "broken" in row:
        return f"broken: {row['folder']}: {row['broken']}"
    state = f"weights missing: {', '.join(row['missing_weights'])}" if row["missing_weights"] else "ready"
    return f"{row['id']:20} {row['version']:8} {state:10} {row['summary']}"
