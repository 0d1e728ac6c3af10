"""What became of a run that is no refusal: a plugin that broke its contract, and images in which it found nothing."""

from __future__ import annotations

from medview.errors import MedViewError


class PluginFaultError(MedViewError):
    """The plugin did what its manifest or the contract does not allow: its authors must mend it."""


class NothingFoundError(MedViewError):
    """The plugin did all it should, and there was nothing of what it looks for."""
