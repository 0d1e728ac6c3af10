"""Read the weights of a plugin to the last byte: whether they are what its manifest promises."""

from __future__ import annotations

from medview.errors import MedViewError, Sentence
from medview.jobs.job import Job
from medview.plugin.discovery import Plugin
from medview.plugin.weights import is_whole, locate
from medview.progress import Progress
from medview.session.fetch_weights import look_for_weights
from medview.session.session import Session


def check_weights(session: Session, plugin: Plugin) -> Job:
    """Submit the check of all weights of a plugin that are on this computer, and tell what came of it."""
    manifest = plugin.manifest
    here = [record for record in manifest.weights if record.sha256 not in session.absent_weights]

    def work(progress: Progress) -> tuple[str, ...]:
        damaged = []
        for number, record in enumerate(here):
            progress(number / len(here), record.file)
            if locate(record, plugin.folder) is None or not is_whole(record, plugin.folder):
                damaged.append(record.file)
        return tuple(damaged)

    def done(damaged: tuple[str, ...]) -> None:
        look_for_weights(session)
        if damaged:
            files = ", ".join(damaged)
            session.notices.add_error(
                MedViewError(
                    "Weights of {plugin} are not what its manifest promises: {files}.",
                    "Remove them and get them again; until then the model does not run.",
                    plugin=Sentence(manifest.name),
                    files=files,
                )
            )
        elif here:
            session.notices.add("info", "The weights of {name} are whole.", name=Sentence(manifest.name))
        else:
            session.notices.add("info", "No weights of {name} are on this computer.", name=Sentence(manifest.name))

    title = Sentence("Checking weights of {name}", {"name": Sentence(manifest.name)})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)
