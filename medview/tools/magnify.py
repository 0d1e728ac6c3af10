"""The magnifier that is held over an image."""

from __future__ import annotations

from medview.session.session import Session
from medview.tools.pointer import PointerEvent

ZOOMS = (2.0, 3.0, 4.0)


class MagnifyDrag:
    """Shows the lens while the button is down."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        self._viewport = session.viewports[event.pane]
        self.move(event)

    def move(self, event: PointerEvent) -> None:
        """Hold the lens over the mouse."""
        self._viewport.update(lens_px=event.position_px)

    def release(self, event: PointerEvent) -> None:
        """Take the lens away."""
        self._viewport.update(lens_px=None)
