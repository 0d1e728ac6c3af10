"""Plays frames, slices, or places of a 4-D series, while the scene says so."""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from medview.gui.session_watch import SessionWatch
from medview.session.advance import advance, frames_per_s
from medview.session.played import can_play
from medview.session.session import Session

_TOLD_EVERY_S = 0.5
_MEASURED_OVER = 64  # pictures


class CinePlayer(QObject):
    """Shows each picture when it is due, by the clock; what comes too late is left out, and told.

    Signals: `speed_changed(pictures a second that were shown, pictures left out since it was begun)`, twice a second.
    """

    speed_changed = Signal(float, int)

    def __init__(self, session: Session, watch: SessionWatch, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show_next)
        self._fps = 0.0
        self._begun_s = 0.0
        self._told_s = 0.0
        self._due = 0  # pictures that should have been shown
        self._left_out = 0
        self._shown_s: deque[float] = deque(maxlen=_MEASURED_OVER)
        watch.changed.connect(self._follow)

    def release(self) -> None:
        """Stop: the window is closing."""
        self._timer.stop()

    @property
    def is_running(self) -> bool:
        """Whether pictures follow each other."""
        return self._timer.isActive()

    def _follow(self, topics: frozenset[str]) -> None:
        if not topics & {"scene", "display", "settings"}:
            return
        scene = self._session.scene
        if scene is None or not scene.is_playing or not can_play(self._session):
            self._timer.stop()
        elif not self._timer.isActive() or frames_per_s(self._session) != self._fps:
            self._begin()

    def _begin(self) -> None:
        self._fps = frames_per_s(self._session)
        self._begun_s = self._told_s = time.monotonic()
        self._due = self._left_out = 0
        self._shown_s.clear()
        self._wait()

    def _wait(self) -> None:
        """Wait until the next picture is due."""
        left_s = self._begun_s + (self._due + 1) / self._fps - time.monotonic()
        self._timer.start(max(round(1000 * left_s), 0))

    def _show_next(self) -> None:
        """Show what is due now: more than one picture on where painting took longer than one stays."""
        scene = self._session.scene
        if scene is None or not scene.is_playing:
            return
        now = time.monotonic()
        steps = max(int((now - self._begun_s) * self._fps + 1e-3) - self._due, 1)
        self._due += steps
        self._left_out += steps - 1
        self._shown_s.append(now)
        advance(self._session, steps)
        self._tell(now)
        if scene.is_playing:
            self._wait()

    def _tell(self, now: float) -> None:
        if now - self._told_s >= _TOLD_EVERY_S and len(self._shown_s) > 1:
            self._told_s = now
            reached = (len(self._shown_s) - 1) / max(self._shown_s[-1] - self._shown_s[0], 1e-6)
            self.speed_changed.emit(reached, self._left_out)
