"""Get the weights a plugin needs, because the person asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.plugin.discovery import Plugin
from medview.plugin.manifest import WeightsRecord
from medview.plugin.weights import fetch, locate
from medview.progress import Progress, part
from medview.session.session import Session


def missing_weights(plugin: Plugin, parameters: Mapping[str, object] | None = None) -> tuple[WeightsRecord, ...]:
    """Return the weights that a run with these parameters (default: the defaults) needs and that are not here."""
    manifest = plugin.manifest
    needed = manifest.needed_weights(manifest.parse_parameters(parameters or {}))
    return tuple(record for record in needed if locate(record) is None)


def fetch_missing(plugin: Plugin, parameters: Mapping[str, object] | None, progress: Progress) -> list[Path]:
    """Fetch what `missing_weights` names, each file checked against its size and SHA-256; return their paths."""
    records = missing_weights(plugin, parameters)
    spans = [part(progress, n / len(records), (n + 1) / len(records)) for n in range(len(records))]
    return [fetch(record, span) for record, span in zip(records, spans, strict=True)]


def fetch_weights(session: Session, plugin: Plugin, parameters: Mapping[str, object] | None = None) -> Job:
    """Submit the download of the weights that are missing."""

    def work(progress: Progress) -> list[Path]:
        return fetch_missing(plugin, parameters, progress)

    def done(_: list[Path]) -> None:
        session.notices.add("info", "The weights of {name} are here and verified.", name=plugin.manifest.name)
        session.display_changed.emit()

    title = Sentence("Getting weights of {name}", {"name": plugin.manifest.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)
