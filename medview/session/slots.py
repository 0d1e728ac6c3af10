"""What those who join slots need of a session."""

from __future__ import annotations

from typing import Protocol

from psygnal import SignalInstance

from medview.session.scene import Scene
from medview.session.settings import Settings
from medview.session.viewport import Viewport


class Slots(Protocol):
    """The slots of a session with what they show (`medview.session.session.Session`)."""

    @property
    def scenes(self) -> dict[int, Scene]:
        """What is shown, by slot."""

    @property
    def viewports(self) -> dict[str, Viewport]:
        """The panes by name."""

    @property
    def settings(self) -> Settings:
        """What the person has chosen."""

    @property
    def active_slot(self) -> int:
        """The slot of the active pane."""

    @property
    def scene_changed(self) -> SignalInstance:
        """Another scene lies in a slot."""
