"""Pictures of the 3D view, asked for as fast as the mouse moves and made one after the other on the render thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer

from medview.jobs.job import Job
from medview.jobs.job_queue import JobQueue
from medview.view.volume_frame import VolumeFrame, VolumePicture
from medview.view.volume_view import VolumeView

_REST_MS = 150  # without a movement before the full picture is made
_COARSE_S = (0.025, 0.06)  # how long a picture may take while the view is turned
_COARSENESS = (2.0, 8.0)
_FULL = 1.0
_BETWEEN = 2.5  # where a full picture takes long, one comes before it that is good enough to look at
_SLOW = 5.0  # coarseness of the pictures of a turning view from which on a machine is slow


@dataclass(eq=False)
class _Running:
    """The picture that is being made."""

    frame: VolumeFrame
    coarseness: float
    moving: bool
    started_s: float
    job: Job | None = None


class FrameLoop(QObject):
    """Makes the newest frame asked for: coarse at once, full when nothing has moved for a moment.

    A full picture that is no longer wanted is given up at once; one of a moving view is let finish, since it is soon
    done. On a slow machine a picture between the two comes first when nothing moves any more.
    """

    def __init__(
        self,
        jobs: JobQueue,
        on_picture: Callable[[VolumePicture], None],
        on_failed: Callable[[BaseException], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._view = VolumeView()
        self._on_picture = on_picture
        self._on_failed = on_failed
        self._wanted: VolumeFrame | None = None
        self._made: tuple[VolumeFrame | None, float] = (None, _FULL)
        self._running: _Running | None = None
        self._coarseness = 3.0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._go_on)
        self._is_closed = False

    def ask(self, frame: VolumeFrame) -> None:
        """Want this frame and none before it. The first is made in full, since nobody turns what is not seen yet."""
        if self._is_closed:  # a size that changes while the window goes must not open OpenGL anew
            return
        self._wanted = frame
        self._rest.start()
        if self._running is not None and not self._running.moving:
            self._give_up()
        self._go_on()

    def forget(self) -> None:
        """Want nothing, and let go of the volume."""
        self._wanted = None
        self._made = (None, _FULL)
        self._rest.stop()
        self._give_up()
        view = self._view
        self._jobs.submit("Clearing the 3D view", lambda progress: view.clear(), place="render", silent=True)

    def close(self) -> None:
        """Give up the picture that is being made, and free what OpenGL holds, on its own thread."""
        if self._is_closed:
            return
        self._is_closed = True
        self._wanted = None
        self._rest.stop()
        self._give_up()
        view = self._view
        self._jobs.submit("Closing the 3D view", lambda progress: view.close(), place="render", silent=True, frees=True)

    def _give_up(self) -> None:
        if self._running is not None and self._running.job is not None:
            self._running.job.cancel()
            self._view.stop()

    def _go_on(self) -> None:
        """Begin the next picture where one is wanted and none is being made."""
        frame = self._wanted
        if frame is None or self._running is not None:
            return
        made, coarseness = self._made
        moving = made is not None and self._rest.isActive()
        if made is frame and (moving or coarseness == _FULL):
            return
        if moving:
            self._start(frame, self._coarseness, moving=True)
        elif self._coarseness > _SLOW and not (made is frame and coarseness <= _BETWEEN):
            self._start(frame, _BETWEEN, moving=False)
        else:
            self._start(frame, _FULL, moving=False)

    def _start(self, frame: VolumeFrame, coarseness: float, *, moving: bool) -> None:
        running = self._running = _Running(frame, coarseness, moving, time.monotonic())
        sent = replace(frame, coarseness=coarseness)
        view = self._view
        job = self._jobs.submit(
            "3D view",
            lambda progress: view.render(sent, progress),
            place="render",
            on_done=lambda picture: self._take(running, picture),
            on_failed=self._fail,
            silent=True,
        )
        running.job = job
        job.finished.connect(self._next)

    def _take(self, running: _Running, picture: VolumePicture) -> None:
        if self._wanted is None or running.frame.volume is not self._wanted.volume:
            return
        if running.moving:
            self._adapt(time.monotonic() - running.started_s)
        self._made = (running.frame, running.coarseness)
        self._on_picture(picture)

    def _fail(self, error: BaseException) -> None:
        self._wanted = None
        self._on_failed(error)

    def _next(self) -> None:
        self._running = None
        self._go_on()

    def _adapt(self, seconds: float) -> None:
        """Cast fewer rays where a picture takes too long to follow the mouse, more where there is time."""
        if seconds > _COARSE_S[1]:
            self._coarseness = min(self._coarseness * 1.4, _COARSENESS[1])
        elif seconds < _COARSE_S[0]:
            self._coarseness = max(self._coarseness / 1.2, _COARSENESS[0])
