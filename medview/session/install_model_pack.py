"""Install a plugin with its weights from an offline pack."""

from __future__ import annotations

from pathlib import Path

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.plugin.discovery import Plugin
from medview.plugin.pack import install_pack
from medview.progress import Progress
from medview.session.choose_plugins import reload_plugins
from medview.session.session import Session


def install_model_pack(session: Session, path: Path) -> Job:
    """Submit the installation of a pack; its plugin is offered as soon as everything in it has been checked."""

    def work(progress: Progress) -> Plugin:
        return install_pack(path, progress)

    def done(plugin: Plugin) -> None:
        session.notices.add("info", "{name} is installed.", name=plugin.manifest.name)
        reload_plugins(session)

    title = Sentence("Installing {name}", {"name": path.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)
