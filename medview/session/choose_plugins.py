"""Which plugins are offered: found anew, switched on and off."""

from __future__ import annotations

from medview.plugin.discovery import BrokenPlugin, Plugin
from medview.session.fetch_weights import look_for_weights
from medview.session.session import Session


def is_enabled(session: Session, plugin: Plugin | BrokenPlugin) -> bool:
    """Whether a plugin is offered; a broken one is always shown, with its reason."""
    return isinstance(plugin, BrokenPlugin) or plugin.manifest.id not in session.settings["disabled_plugins"]


def enable_plugin(session: Session, plugin_id: str, *, is_wanted: bool) -> None:
    """Offer a plugin or do not; it is remembered. Nothing of it is deleted, and what it has made stays."""
    others = [one for one in session.settings["disabled_plugins"] if one != plugin_id]
    session.settings["disabled_plugins"] = others if is_wanted else [*others, plugin_id]
    session.weights_changed.emit()


def reload_plugins(session: Session) -> None:
    """Read every manifest anew; the next run imports the code anew, and one on its way is not disturbed."""
    session.forget_plugins()
    session.jobs.renew_worker()
    session.weights_changed.emit()
    look_for_weights(session)
