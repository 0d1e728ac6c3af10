"""Planes that take long to interpolate are made in full elsewhere, once nothing has moved for a moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from medview.jobs.job import Job
from medview.jobs.job_queue import JobQueue
from medview.view.oblique_slices import PlaneRequest
from medview.view.slice_view import SliceView

_STILL_MS = 150


class PlaneRefinement(QObject):
    """Has the plane of one pane interpolated in full on another thread; a plane that is no longer shown is given up.

    Parameters
    ----------
    on_made
        Called when the view can show it.
    """

    def __init__(self, jobs: JobQueue, on_made: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._on_made = on_made
        self._wanted: PlaneRequest | None = None
        self._view: SliceView | None = None
        self._job: Job | None = None
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(_STILL_MS)
        self._still.timeout.connect(self._start)

    def follow(self, view: SliceView) -> None:
        """Want in full what the view's last picture showed, if it did not."""
        wanted = view.wanted()
        if wanted is None:
            self.give_up()
        elif self._wanted is None or wanted.key != self._wanted.key:
            self.give_up()
            self._view, self._wanted = view, wanted
            self._still.start()

    def give_up(self) -> None:
        """Want nothing."""
        self._still.stop()
        self._view = self._wanted = None
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _start(self) -> None:
        wanted = self._wanted
        if wanted is None:
            return

        def work(progress: object) -> Any:
            return wanted.values()

        self._job = self._jobs.submit("Slab", work, place="render", on_done=partial(self._take, wanted), silent=True)

    def _take(self, request: PlaneRequest, sampled: tuple[NDArray[Any], NDArray[np.bool_]]) -> None:
        if self._view is not None and self._wanted is request:
            self._view.take(request, sampled)
            self._view = self._wanted = self._job = None
            self._on_made()
