"""Plays the frames of a recording, or the places of a 4-D series, while the scene says so."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer

from medview.gui.session_watch import SessionWatch
from medview.session.advance import advance, can_play, picture_time_ms
from medview.session.session import Session

_SHORTEST_MS = 8.0  # faster than any screen


class CinePlayer(QObject):
    """A timer that advances the scene; stopped whenever nothing is played."""

    def __init__(self, session: Session, watch: SessionWatch, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: advance(session))
        watch.changed.connect(self._follow)

    def release(self) -> None:
        """Stop: the window is closing."""
        self._timer.stop()

    def _follow(self, topics: frozenset[str]) -> None:
        if not topics & {"scene", "display"}:
            return
        scene = self._session.scene
        if scene is None or not scene.is_playing or not can_play(self._session):
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start(round(max(picture_time_ms(self._session), _SHORTEST_MS)))
