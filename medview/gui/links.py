"""Connections of a widget to what it shows, ended together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psygnal import SignalInstance


class Links:
    """Slots connected to psygnal signals, so that a widget can let go of a scene, or of all before it is destroyed."""

    def __init__(self) -> None:
        self._pairs: list[tuple[SignalInstance, Callable[..., Any]]] = []

    def connect(self, signal: SignalInstance, slot: Callable[..., Any]) -> None:
        """Connect a slot."""
        signal.connect(slot)
        self._pairs.append((signal, slot))

    def end(self) -> None:
        """Disconnect every slot."""
        while self._pairs:
            signal, slot = self._pairs.pop()
            signal.disconnect(slot, missing_ok=True)
