"""Work that follows something that may happen in every frame, done a few times a second."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Throttle(QObject):
    """Does a work at once when it is asked for, and again after a while where it was asked for in between.

    Parameters
    ----------
    every_ms
        The least time between two times.
    """

    def __init__(self, work: Callable[[], None], every_ms: int, parent: QObject) -> None:
        super().__init__(parent)
        self._work = work
        self._is_wanted = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(every_ms)
        self._timer.timeout.connect(self._on_time)

    def ask(self) -> None:
        """Do the work now, or soon where it was done just now."""
        if self._timer.isActive():
            self._is_wanted = True
            return
        self._timer.start()
        self._work()

    def stop(self) -> None:
        """Forget what was asked for."""
        self._timer.stop()
        self._is_wanted = False

    def _on_time(self) -> None:
        if self._is_wanted:
            self._is_wanted = False
            self.ask()
