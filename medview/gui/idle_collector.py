"""Cyclic garbage is looked for on the main thread alone, between two events."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_BETWEEN_MS = 250
_QUIET = 300  # values made since the last look: nobody scrolls, drags or plays
_OVERDUE = 5  # times Python's threshold, from which on it is not waited any longer for a quiet moment


class IdleCollector(QObject):
    """Takes the place of Python's automatic garbage collection, which it switches off.

    Python collects where the next value happens to be made: on the thread that reads files, or while Qt calls a widget.
    What lies in a cycle with a Qt object ends there, and its C++ part with it: a timer or a window that is destroyed on
    a thread that is not its own, or while Qt is at work on it, ends the program, or stops it for good.

    Going through all there is takes longer than a frame, and so it is done when nothing else is.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._made = 0
        timer = QTimer(self)
        timer.timeout.connect(self._look)
        timer.start(_BETWEEN_MS)

    def _look(self) -> None:
        generation = self._due()
        if generation is not None:
            gc.collect(generation)
        self._made = gc.get_count()[0]

    def _due(self) -> int | None:
        """Return the generation whose turn it is by Python's own thresholds; None where there is little to find."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        is_quiet = counts[0] - self._made < _QUIET
        if counts[2] > thresholds[2] * (1 if is_quiet else _OVERDUE):
            return 2
        return next((n for n in (1, 0) if counts[n] > thresholds[n]), None)
