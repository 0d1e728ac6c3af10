"""Get the weights a plugin needs, because the person asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.plugin.discovery import Plugin
from medview.plugin.licence_gate import check_accepted
from medview.plugin.weights import fetch, locate
from medview.progress import Progress, part
from medview.session.session import Session

if TYPE_CHECKING:
    from medview.plugin.manifest.weights_record import WeightsRecord


def missing_weights(plugin: Plugin, parameters: Mapping[str, object] | None = None) -> tuple[WeightsRecord, ...]:
    """Return the weights that a run with these parameters (default: the defaults) needs and that are not here."""
    return tuple(record for record in _needed(plugin, parameters) if locate(record, plugin.folder) is None)


def known_missing(
    session: Session, plugin: Plugin, parameters: Mapping[str, object] | None = None
) -> tuple[WeightsRecord, ...]:
    """Return what `missing_weights` would, as the last look found it: no file is touched."""
    return tuple(record for record in _needed(plugin, parameters) if record.sha256 in session.absent_weights)


def _needed(plugin: Plugin, parameters: Mapping[str, object] | None) -> tuple[WeightsRecord, ...]:
    manifest = plugin.manifest
    return manifest.needed_weights(manifest.parse_parameters(parameters or {}))


def look_for_weights(session: Session) -> Job:
    """Submit a look at which weights of all plugins are here; each file is hashed at the first look."""
    records = {w.sha256: (w, p.folder) for p in session.plugins if isinstance(p, Plugin) for w in p.manifest.weights}

    def work(progress: Progress) -> frozenset[str]:
        absent = set()
        for place, (sha256, (record, folder)) in enumerate(records.items()):
            progress(place / len(records))
            if locate(record, folder) is None:
                absent.add(sha256)
        return frozenset(absent)

    def done(absent: frozenset[str]) -> None:
        if absent != session.absent_weights:
            session.absent_weights = absent
            session.weights_changed.emit()

    return session.jobs.submit("Looking for weights", work, on_done=done, silent=True)


def fetch_missing(plugin: Plugin, parameters: Mapping[str, object] | None, progress: Progress) -> list[Path]:
    """Fetch what `missing_weights` names, each file checked against its size and SHA-256; return their paths."""
    records = missing_weights(plugin, parameters)
    for record in records:
        check_accepted(plugin, record)
    spans = [part(progress, n / len(records), (n + 1) / len(records)) for n in range(len(records))]
    return [fetch(record, span, plugin.folder) for record, span in zip(records, spans, strict=True)]


def fetch_weights(session: Session, plugin: Plugin, parameters: Mapping[str, object] | None = None) -> Job:
    """Submit the download of the weights that are missing."""

    def work(progress: Progress) -> list[Path]:
        return fetch_missing(plugin, parameters, progress)

    def done(_: list[Path]) -> None:
        session.notices.add("info", "The weights of {name} are here and verified.", name=plugin.manifest.name)
        look_for_weights(session)

    title = Sentence("Getting weights of {name}", {"name": plugin.manifest.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)
