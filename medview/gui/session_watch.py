"""The session's signals as one Qt signal, told once per turn of the event loop."""

from __future__ import annotations

from typing import Any, Literal

from psygnal import SignalInstance
from PySide6.QtCore import QObject, QTimer, Signal

from medview.gui.links import Links
from medview.session.finding_view import finding_view
from medview.session.loading import Loading
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.measurement_list import MeasurementList

Topic = Literal[
    "studies",  # opened, closed, series found, files left out
    "scene",
    "display",  # window, tool, panes, opacity
    "whole",  # the last image of the scene has been read, or none will follow
    "cursor",
    "mask",  # its voxels
    "segments",  # which mask is shown, its segments and their colours
    "history",
    "measurements",  # what they are, key images, which is selected, and whether one is being drawn
    "findings",  # what models have said, and how it is looked at
    "draft",  # how the one looks that is being drawn or dragged
    "jobs",  # one came or went
    "progress",  # one got on
    "notices",
    "settings",
    "report",  # another one lies open
    "weights",  # which are on this machine
]
_RECONNECT: frozenset[Topic] = frozenset({"studies", "scene", "segments", "jobs"})


class SessionWatch(QObject):
    """Tells panels what has changed, as a set of topics, however many signals came since it last told.

    A brush stroke or a drag of the window changes the session hundreds of times a second; a panel needs to know once.
    `changed` carries a ``frozenset`` of Topic. Panels connect to it alone, so that Qt ends the connection with them.
    """

    changed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._topics: set[Topic] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._tell)
        self._lasting = Links()
        self._passing = Links()
        self._watch_session()
        self._watch_what_is_open()

    def release(self) -> None:
        """Stop listening: the window is closing."""
        self._timer.stop()
        self._lasting.end()
        self._passing.end()

    def _watch_session(self) -> None:
        session = self._session
        pairs: tuple[tuple[SignalInstance, Topic], ...] = (
            (session.studies_changed, "studies"),
            (session.scene_changed, "scene"),
            (session.display_changed, "display"),
            (session.notices.changed, "notices"),
            (session.settings.changed, "settings"),
            (session.weights_changed, "weights"),
            (session.desk.changed, "report"),
            (session.focus.changed, "measurements"),
            (session.jobs.added, "jobs"),
            (session.jobs.finished, "jobs"),
        )
        for signal, topic in pairs:
            self._connect(self._lasting, signal, topic)

    def _watch_what_is_open(self) -> None:
        """Follow the studies and the scene of now, and let go of those of before."""
        self._passing.end()
        for study in self._session.studies:
            self._connect(self._passing, study.series_changed, "studies")
            self._connect(self._passing, study.segmentation_added, "segments")
            self._connect(self._passing, study.segmentation_removed, "segments")
            self._connect(self._passing, study.history.changed, "history")
            self._links_measurements(study.measurements)
            self._connect(self._passing, study.key_images.changed, "measurements")
            self._connect(self._passing, study.findings.changed, "findings")
            self._connect(self._passing, finding_view(study).changed, "findings")
        for job in self._session.jobs.jobs:
            self._connect(self._passing, job.changed, "progress")
        scene = self._session.scene
        if scene is None:
            return
        self._connect(self._passing, scene.cursor_changed, "cursor")
        self._connect(self._passing, scene.display_changed, "display")
        self._connect(self._passing, scene.segmentation_changed, "segments")
        if scene.loading is not None:
            self._links_loading(scene, scene.loading)
        if scene.segmentation is not None:
            self._connect(self._passing, scene.segmentation.changed, "mask")
            self._connect(self._passing, scene.segmentation.segments_changed, "segments")

    def _links_loading(self, scene: Scene, loading: Loading) -> None:
        def note() -> None:
            if scene.is_whole or loading.state == "stopped":  # not each image on the way there
                self._topics.add("whole")
                self._timer.start()

        self._passing.connect(loading.changed, note)

    def _links_measurements(self, measurements: MeasurementList) -> None:
        """Tell a drag from what it leaves behind: commands need not be asked anew while the mouse moves."""
        was_drawn = measurements.draft is not None

        def note() -> None:
            nonlocal was_drawn
            is_drawn = measurements.draft is not None
            self._topics.add("draft" if is_drawn and was_drawn else "measurements")
            was_drawn = is_drawn
            self._timer.start()

        self._passing.connect(measurements.changed, note)

    def _connect(self, links: Links, signal: SignalInstance, topic: Topic) -> None:
        def note(*_: Any) -> None:
            self._topics.add(topic)
            self._timer.start()

        links.connect(signal, note)

    def _tell(self) -> None:
        topics = frozenset(self._topics)
        self._topics.clear()
        if topics & _RECONNECT:
            self._watch_what_is_open()
        self.changed.emit(topics)
