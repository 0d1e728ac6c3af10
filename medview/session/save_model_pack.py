"""Save a plugin with its weights as an offline pack."""

from __future__ import annotations

from pathlib import Path

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.plugin.discovery import Plugin
from medview.plugin.pack import make_pack
from medview.progress import Progress
from medview.session.session import Session


def save_model_pack(session: Session, plugin: Plugin, path: Path) -> Job:
    """Submit the writing of a pack, which appears whole or not at all."""

    def work(progress: Progress) -> Path:
        return make_pack(plugin, path, progress)

    def done(saved: Path) -> None:
        session.notices.add("info", "The offline pack was saved: {path}", path=str(saved))

    title = Sentence("Packing {name}", {"name": Sentence(plugin.manifest.name)})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)
