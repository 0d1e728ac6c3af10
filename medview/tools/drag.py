"""What a tool does between the press and the release of a button."""

from __future__ import annotations

from typing import Protocol

from medview.session.session import Session
from medview.tools.pointer import PointerEvent


class Drag(Protocol):
    """One drag of the mouse; made by a tool when the button goes down."""

    def move(self, event: PointerEvent) -> None:
        """Follow the mouse."""

    def release(self, event: PointerEvent) -> None:
        """Finish."""


class StepDrag:
    """A drag that acts on each step of the mouse: the base of window/level, pan, zoom, scroll and rotate."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        self.session = session
        self.pane = event.pane
        self._last = event.position_px

    def move(self, event: PointerEvent) -> None:
        """Hand the step since the last event, (right, down) in pixels, to `step`."""
        right, down = event.position_px[0] - self._last[0], event.position_px[1] - self._last[1]
        self._last = event.position_px
        if right or down:
            self.step(right, down, event)

    def release(self, event: PointerEvent) -> None:
        """Follow the last step."""
        self.move(event)

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Act on a step of the mouse."""
        raise NotImplementedError
