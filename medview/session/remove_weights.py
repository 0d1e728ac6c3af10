"""Delete the weights of a plugin from this computer; they can be fetched again."""

from __future__ import annotations

from medview.errors import MedViewError, Sentence
from medview.plugin.discovery import Plugin
from medview.plugin.weights import remove
from medview.session.fetch_weights import look_for_weights
from medview.session.session import Session


def remove_weights(session: Session, plugin: Plugin) -> None:
    """Delete what was fetched for a plugin; what it, a package or an intranet folder brings stays."""
    name = Sentence(plugin.manifest.name)
    try:
        removed = [record.file for record in plugin.manifest.weights if remove(record)]
    except OSError as error:
        reason = error.strerror or str(error)
        session.notices.add_error(
            MedViewError(
                "The weights of {name} cannot be removed: {reason}.",
                "Look whether another program uses them.",
                name=name,
                reason=reason,
            )
        )
        return
    if removed:
        session.notices.add("info", "The weights of {name} were removed from this computer.", name=name)
    else:
        session.notices.add(
            "info", "Nothing was removed: the weights of {name} were not fetched, they came with it.", name=name
        )
    look_for_weights(session)
