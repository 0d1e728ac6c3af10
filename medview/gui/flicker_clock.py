"""Shows one volume and the other in turn, while a scene says so."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from medview.gui.session_watch import SessionWatch
from medview.session.fuse import turn_flicker
from medview.session.scene import Scene
from medview.session.session import Session

_SHORTEST_MS = 50


class FlickerClock(QObject):
    """A timer that turns the flicker of the scenes on the screen; stopped whenever there is none."""

    def __init__(self, session: Session, watch: SessionWatch, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)
        watch.changed.connect(self._follow)

    def release(self) -> None:
        """Stop: the window is closing."""
        self._timer.stop()

    def _flickering(self) -> list[Scene]:
        scenes = self._session.scenes.values()
        return [one for one in scenes if one.fusion and one.fusion.mode == "flicker" and one.fusion.is_flickering]

    def _turn(self) -> None:
        for scene in self._flickering():
            turn_flicker(scene)

    def _follow(self, topics: frozenset[str]) -> None:
        if not topics & {"scene", "display"}:
            return
        rates = [scene.fusion.flicker_hz for scene in self._flickering() if scene.fusion is not None]
        if not rates:
            self._timer.stop()
            return
        interval = max(round(1000.0 / max(rates)), _SHORTEST_MS)
        if not self._timer.isActive() or self._timer.interval() != interval:
            self._timer.start(interval)
