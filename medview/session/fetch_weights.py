"""Get the weights a plugin needs, because the person asked for it."""

from __future__ import annotations

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.plugin.discovery import Plugin
from medview.plugin.weights import fetch, missing
from medview.progress import Progress, part
from medview.session.session import Session


def fetch_weights(session: Session, plugin: Plugin) -> Job:
    """Submit the download of all weights that are missing; each is checked against its SHA-256."""

    def work(progress: Progress) -> None:
        records = missing(plugin.manifest)
        for number, record in enumerate(records):
            fetch(record, part(progress, number / len(records), (number + 1) / len(records)))

    def done(_: None) -> None:
        session.notices.add("info", "The weights of {name} are here and verified.", name=plugin.manifest.name)
        session.display_changed.emit()

    title = Sentence("Getting weights of {name}", {"name": plugin.manifest.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)
