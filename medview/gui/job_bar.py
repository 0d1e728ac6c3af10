"""What is being worked at: title, how far, how long still, and a way to stop it."""

from __future__ import annotations

import time
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from medview.errors import Sentence
from medview.gui.elided_label import ElidedLabel
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.gui.session_watch import SessionWatch
from medview.jobs.job import Job
from medview.session.session import Session

_LEAST_PX, _MOST_PX = 70, 220  # of the bar
_TELLING = 0.15
_TELLING_S = 15.0
_TICK_MS = 1000  # the time left is told anew even where the work says nothing


class JobBar(QWidget):
    """Shows the job that runs and lists those that wait. Silent jobs (thumbnails, 3D frames) are not shown."""

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._job: Job | None = None
        self._build()
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK_MS)
        self._clock.timeout.connect(self.refresh)
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Show the jobs of now."""
        jobs = [job for job in self._session.jobs.jobs if not job.silent and not job.is_finished]
        running = [job for job in jobs if job.state != "queued"]
        self._job = running[0] if running else jobs[0] if jobs else None
        waiting = [job for job in jobs if job is not self._job]
        for part in (self.bar, self.percent, self.left, self.cancel):
            part.setVisible(self._job is not None)
        self.queued.setVisible(bool(waiting))
        if waiting:
            self._list(waiting)
        if self._job is None:
            self.title.show_text(tr("Ready"))
            self._clock.stop()
        else:
            self._show(self._job)
            self._clock.start()

    def _build(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 3, 6, 3)
        layout.setSpacing(10)
        self.title = ElidedLabel(Qt.TextElideMode.ElideMiddle, self)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setMinimumWidth(_LEAST_PX)
        self.bar.setMaximumWidth(_MOST_PX)
        self.bar.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.percent = QLabel(self)
        self.percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %") + 4)
        self.left = ElidedLabel(parent=self)
        self.left.setObjectName("dim")
        self.cancel = QPushButton(icon("close"), tr("Cancel"), self)
        self.cancel.setObjectName("cancel_job")
        self.cancel.clicked.connect(self._cancel)
        self.queued = QToolButton(self)
        self.queued.setObjectName("queued_jobs")
        self.queued.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.queued.setMenu(QMenu(self.queued))
        for part in (self.title, self.bar, self.percent, self.left, self.cancel, self.queued):
            layout.addWidget(part)
        layout.addStretch()
        # as high at rest as at work: the images must not jump when a job begins
        self.setMinimumHeight(self.cancel.sizeHint().height() + 6)

    def _show(self, job: Job) -> None:
        self.title.show_text(one_line(_title(job)))
        self.bar.setValue(round(job.fraction * 1000))
        self.percent.setText(f"{job.fraction * 100:.0f} %")
        # the time comes first: it is what a narrow window has room for
        told = [_time_left(job), one_line(tr(job.text)) if job.text else ""]
        self.left.show_text(" · ".join(text for text in told if text))
        self.cancel.setEnabled(job.state != "cancelling")

    def _list(self, waiting: list[Job]) -> None:
        self.queued.setText(tr("{count} waiting", count=len(waiting)))
        menu = self.queued.menu()
        if menu.isVisible():
            return  # it must not change under the mouse
        menu.clear()
        for job in waiting:
            subject = f" · {one_line(job.subject)}" if job.subject else ""
            action = menu.addAction(icon("close"), tr("Cancel: {title}", title=say(job.title)) + subject)
            action.triggered.connect(partial(_cancel_job, job))

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"jobs", "progress"}:
            self.refresh()


def _cancel_job(job: Job, _checked: bool = False) -> None:
    job.cancel()


def _title(job: Job) -> str:
    """Return what is done, and on which images."""
    title = _state_title(job)
    return f"{title} · {job.subject}" if job.subject else title


def _state_title(job: Job) -> str:
    if job.state == "cancelling":
        return tr("Cancelling: {title}", title=say(job.title))
    if job.state == "queued":
        return tr("Waiting: {title}", title=say(job.title))
    return say(job.title)


def _time_left(job: Job) -> str:
    """Say the time left, not from the first steps: what is loaded once makes them slow."""
    seconds = job.seconds_left
    if seconds is None or job.started_s is None:
        return ""
    begun = job.fraction >= _TELLING or time.monotonic() - job.started_s > _TELLING_S
    return say(time_left(seconds)) if begun else ""


def time_left(seconds: float) -> Sentence:
    """Say a time left no more exactly than it can be known.

    >>> str(time_left(3.2)), str(time_left(47)), str(time_left(200))
    ('a few seconds left', 'about 50 s left', 'about 3 min left')
    """
    if seconds < 8:
        return Sentence("a few seconds left")
    if seconds < 90:
        return Sentence("about {seconds} s left", {"seconds": max(10, round(seconds / 10) * 10)})
    return Sentence("about {minutes} min left", {"minutes": round(seconds / 60)})
