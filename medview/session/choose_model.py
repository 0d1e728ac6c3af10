"""Which plugin is chosen to be run, so that commands can say what they would run."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from medview.plugin.discovery import Plugin
from medview.session.session import Session

_chosen: WeakKeyDictionary[Session, Plugin] = WeakKeyDictionary()


def choose_model(session: Session, plugin: Plugin | None) -> None:
    """Choose another plugin; None where none fits the images in view."""
    if chosen_model(session) is plugin:
        return
    if plugin is None:
        del _chosen[session]
    else:
        _chosen[session] = plugin
    session.display_changed.emit()


def chosen_model(session: Session) -> Plugin | None:
    """Return the plugin that is chosen."""
    return _chosen.get(session)
