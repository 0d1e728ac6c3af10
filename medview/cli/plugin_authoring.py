"""`medview plugin schema`, `new` and `check`: for whoever writes a plugin."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from medview.cli.answer import Answer
from medview.errors import MedViewError
from medview.progress import Progress


def schema(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Print the JSON Schema of a plugin.toml, or write it to a file."""
    from medview.files.atomic import write_error
    from medview.plugin.authoring.json_schema import json_schema

    told = json_schema()
    text = json.dumps(told, indent=2, ensure_ascii=False)
    if arguments.out is None:
        return Answer({"schema": told}, text)
    try:
        arguments.out.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise write_error(error, arguments.out) from error
    return Answer({"path": str(arguments.out)}, f"Saved {arguments.out}")


def new(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Write a plugin to begin with."""
    from medview.plugin.authoring.new_plugin import new_plugin

    folder = new_plugin(arguments.id, arguments.task, arguments.out, with_code=not arguments.no_code)
    files = sorted(str(path.relative_to(folder)) for path in folder.iterdir())
    lines = [f"Made {folder}", *(f"  {name}" for name in files)]
    lines += [f"Look at it:  medview plugin check {folder}", f"Try it:      medview plugin test {folder}"]
    return Answer({"id": arguments.id, "folder": str(folder), "files": files}, "\n".join(lines))


def check(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Tell every fault of a plugin's folder; it fails where there is one."""
    from medview.plugin.authoring.check_plugin import check_plugin

    folder = _folder(arguments.path)
    faults = check_plugin(folder)
    rows = [{"where": f.where, "key": f.key, "message": f.said, "remedy": f.remedy} for f in faults]
    data = {"folder": str(folder), "faults": rows}
    if not faults:
        return Answer(data, f"{folder}: nothing is wrong with it.")
    error = MedViewError(
        "{count} {count:fault was|faults were} found.", "Correct them and check again.", count=len(faults)
    )
    return Answer(data, "\n".join(map(str, faults)), error, is_report=True)


def _folder(told: Path) -> Path:
    """Return the folder that is named, or that of one of the person's own plugins."""
    from medview.paths import data_folder

    own = data_folder() / "plugins" / told
    if not told.is_dir() and not own.is_dir():
        raise MedViewError("{path} is no folder.", "Name the folder of a plugin.", path=told)
    return told if told.is_dir() else own
