"""`medview models`: which models there are, and their weights."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from medview.cli.answer import Answer
from medview.cli.options import options_of
from medview.progress import Progress

if TYPE_CHECKING:
    from medview.plugin.discovery import BrokenPlugin, Plugin
    from medview.plugin.manifest.weights_record import WeightsRecord


def models(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Do what the action says."""
    return _ACTIONS[arguments.action](arguments, progress)


def _list(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.plugin.discovery import discover

    rows = [_as_data(found) for found in discover()]
    return Answer({"models": rows}, "\n".join(map(_line, rows)))


def _info(arguments: argparse.Namespace, progress: Progress) -> Answer:
    plugin = _found(arguments)
    manifest = plugin.manifest
    data = {
        **_as_data(plugin),
        "intended_use": manifest.intended_use,
        "research_only": manifest.research_only,
        "licences": manifest.licences.model_dump(),
        "weights": [_weights_data(plugin, record) for record in manifest.weights],
        "card": None if manifest.card is None else manifest.card.model_dump(),
        "folder": str(plugin.folder),
    }
    return Answer(data, _card_text(plugin, data))


def _install(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.session.fetch_weights import fetch_missing
    from medview.session.make_environment import make_environment

    plugin = _found(arguments)
    options = options_of(arguments.option)
    accepted = _accepted(plugin, options) if arguments.accept_licence else []
    paths = [str(path) for path in fetch_missing(plugin, options, progress)]
    is_made = make_environment(plugin, progress)
    lines = [*accepted, *paths, *(["Its packages are installed."] if is_made else [])]
    data = {"accepted": accepted, "fetched": paths, "environment_made": is_made}
    return Answer(data, "\n".join(lines) or "Nothing is missing.")


def _accepted(plugin: Plugin, options: Mapping[str, object]) -> list[str]:
    """Accept the licences of what a run with these options needs; return each as it is told, with its text."""
    from medview.plugin.licence_gate import accept, is_accepted, licence_text

    told = []
    for record in plugin.manifest.needed_weights(plugin.manifest.parse_parameters(options)):
        if not is_accepted(plugin, record):
            told.append(f"Accepted for {record.file}: {record.licence}\n{licence_text(plugin, record)}")
            accept(plugin, record)
    return told


def _verify(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.errors import MedViewError
    from medview.plugin.weights import is_whole, locate

    plugin = _found(arguments)
    rows = []
    for number, record in enumerate(plugin.manifest.weights):
        progress(number / len(plugin.manifest.weights), record.file)
        is_here = locate(record, plugin.folder) is not None
        state = "right" if is_here and is_whole(record, plugin.folder) else "damaged" if is_here else "not here"
        rows.append({"file": record.file, "state": state})
    if any(row["state"] == "damaged" for row in rows):
        raise MedViewError(
            "Weights of {plugin} are damaged: {files}.",
            "Remove them and fetch them again: medview models remove {plugin}",
            plugin=plugin.manifest.id,
            files=", ".join(row["file"] for row in rows if row["state"] == "damaged"),
        )
    return Answer({"weights": rows}, "\n".join(f"{r['state']:9} {r['file']}" for r in rows) or "It has no weights.")


def _remove(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.plugin.weights import remove

    removed = [record.file for record in _found(arguments).manifest.weights if remove(record)]
    return Answer(
        {"removed": removed}, "\n".join(f"removed {file}" for file in removed) or "Nothing was here to remove."
    )


def _import(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.plugin.pack import install_pack

    plugin = install_pack(arguments.path, progress)
    data = {"id": plugin.manifest.id, "version": plugin.manifest.version, "folder": str(plugin.folder)}
    return Answer(data, f"Installed {plugin.manifest.id} {plugin.manifest.version} in {plugin.folder}")


def _pack(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.plugin.pack import make_pack

    path = make_pack(_found(arguments), arguments.out, progress)
    return Answer({"path": str(path), "bytes": path.stat().st_size}, f"Saved {path}")


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Progress], Answer]] = {
    "list": _list,
    "info": _info,
    "install": _install,
    "verify": _verify,
    "remove": _remove,
    "import": _import,
    "pack": _pack,
}


def _found(arguments: argparse.Namespace) -> Plugin:
    from medview.plugin.discovery import discover, find

    return find(arguments.plugin, discover())


def _as_data(found: Plugin | BrokenPlugin) -> dict[str, Any]:
    from medview.plugin.discovery import Plugin
    from medview.session.fetch_weights import missing_weights

    if not isinstance(found, Plugin):
        return {"folder": str(found.folder), "broken": str(found.reason)}
    manifest = found.manifest
    absent = [record.id for record in missing_weights(found)]
    row = {"id": manifest.id, "version": manifest.version, "name": manifest.name, "summary": manifest.summary}
    return {**row, "task": manifest.task, "missing_weights": absent}


def _weights_data(plugin: Plugin, record: WeightsRecord) -> dict[str, Any]:
    from medview.errors import MedViewError
    from medview.plugin.licence_gate import is_accepted, licence_text
    from medview.plugin.weights import locate

    path = locate(record, plugin.folder)
    text = None
    if record.gate != "none":
        with suppress(MedViewError):  # there is none: such weights cannot be accepted
            text = licence_text(plugin, record)
    return {
        "id": record.id,
        "file": record.file,
        "source": record.source,
        "format": record.format,
        "bytes": record.bytes,
        "sha256": record.sha256,
        "licence": record.licence,
        "gate": record.gate,
        "accepted": is_accepted(plugin, record),
        "licence_text": text,
        "path": None if path is None else str(path),
    }


def _line(row: dict[str, Any]) -> str:
    if "broken" in row:
        return f"broken: {row['folder']}: {row['broken']}"
    state = f"weights missing: {', '.join(row['missing_weights'])}" if row["missing_weights"] else "ready"
    return f"{row['id']:20} {row['version']:8} {row['task']:10} {state:10} {row['summary']}"


def _card_text(plugin: Plugin, data: dict[str, Any]) -> str:
    """Return what a person should have read before trusting it."""
    lines = [f"{data['name']} {data['version']} ({data['task']})", data["summary"], "", f"For: {data['intended_use']}"]
    if data["research_only"]:
        lines.append("For research only. Check every result.")
    lines += [f"Licence of {part}: {text}" for part, text in data["licences"].items()]
    for row in data["weights"]:
        state = row["path"] or ("not accepted" if not row["accepted"] else "not here")
        lines.append(f"Weights {row['id']}: {row['bytes'] / 1e6:.1f} MB {row['format']}, {row['licence']}: {state}")
        lines += [] if row["licence_text"] is None else ["Their licence, to be accepted:", row["licence_text"]]
    if plugin.manifest.card is not None:
        card = plugin.manifest.card
        lines += ["", f"Trained on: {card.trained_on}"]
        for metric in card.metrics:
            seen = "held out" if metric.held_out else "NOT held out"
            lines.append(f"{metric.name} {metric.value:g} {metric.unit} on {metric.cases} of {metric.dataset} ({seen})")
        lines += [f"Fails: {where}" for where in card.fails_where]
    return "\n".join(lines)
