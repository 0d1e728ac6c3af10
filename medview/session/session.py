"""What is open now. No verbs: a verb is a function in its own module that takes the session first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from psygnal import Signal

from medview.errors import Sentence
from medview.files.passing_folder import PassingFolder
from medview.jobs.job import Job
from medview.jobs.job_queue import JobQueue
from medview.plugin.discovery import BrokenPlugin, Plugin, discover
from medview.session.kept_volumes import KeptVolumes
from medview.session.notice import NoticeBoard
from medview.session.report_desk import ReportDesk
from medview.session.scene import Scene
from medview.session.settings import Settings
from medview.session.viewport import PANES, PaneName, Viewport
from medview.study.segmentation import Segmentation
from medview.study.series import Series
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.library.library import Library


class Session:
    """The open studies, what is shown of them, and what is going on.

    Attributes
    ----------
    studies
        In the order they were opened.
    scene
        The volume on the screen with its cursor, window and mask; None before one is opened.
    viewports
        The panes by name.
    maximised
        The one pane that fills the window, or None for all four.
    tool
        Name of the active tool (`medview.tools.toolbox.TOOLS`).
    wanted_series
        The series asked for last: one that is read late does not replace it.
    reading
        The job that reads the wanted series, or read it.
    kept_volumes
        The places of the 4-D series in view that are at hand without reading.
    rejected
        Files that could not be opened, each with its reason.
    other_files
        Files that hold no image, each with what it is.
    unpacked
        Folders with what archives held that were opened; they go with the session.
    last_found
        Numbers of files of the last scan: with images, other, rejected; together all that it looked at.
    library
        The local list of studies, None before it is used for the first time (`medview.session.use_library`).
    library_told
        Whether what opening the library had to say has been said.
    desk
        Where the report or document lies that is being read.
    absent_weights
        SHA-256 of the weights that the last look (`medview.session.fetch_weights`) did not find on this machine.
    demo_truths
        The true brain mask of a demo series, by Series Instance UID.
    """

    studies_changed = Signal()
    scene_changed = Signal()
    display_changed = Signal()
    weights_changed = Signal()
    edit_begins = Signal()  # a verb is about to change a mask: a stroke that is being drawn ends before

    def __init__(self, jobs: JobQueue, settings: Settings) -> None:
        self.jobs = jobs
        self.library: Library | None = None
        self.library_told = False
        self.settings = settings
        self.notices = NoticeBoard()
        self.studies: tuple[Study, ...] = ()
        self.scene: Scene | None = None
        self.viewports: dict[PaneName, Viewport] = {pane: Viewport(pane) for pane in PANES}
        self.maximised: PaneName | None = None
        self.active_pane: PaneName = "axial"
        self.tool = "window_level"
        self.wanted_series: Series | None = None
        self.reading: Job | None = None
        self.kept_volumes = KeptVolumes()
        self.rejected: tuple[tuple[Path, Sentence], ...] = ()
        self.other_files: tuple[tuple[Path, Sentence], ...] = ()
        self.last_found = (0, 0, 0)
        self.unpacked: list[PassingFolder] = []
        self.desk = ReportDesk()
        self.absent_weights: frozenset[str] = frozenset()
        self.demo_truths: dict[str, Path] = {}
        self._exported: WeakKeyDictionary[Segmentation, int] = WeakKeyDictionary()
        self._plugins: tuple[Plugin | BrokenPlugin, ...] | None = None

    @property
    def plugins(self) -> tuple[Plugin | BrokenPlugin, ...]:
        """The plugins found, read at first use."""
        if self._plugins is None:
            self._plugins = discover()
        return self._plugins

    def add_study(self, study: Study) -> None:
        """Add an opened study."""
        self.studies = (*self.studies, study)
        self.studies_changed.emit()

    def remove_study(self, study: Study) -> None:
        """Forget a study; its files are untouched. With the last one goes what was said of files left out."""
        self.studies = tuple(s for s in self.studies if s is not study)
        if not self.studies:
            self.rejected, self.other_files, self.last_found = (), (), (0, 0, 0)
        self.studies_changed.emit()

    def note_rejected(self, rejected: Iterable[tuple[Path, Sentence]]) -> None:
        """Add files that could not be opened to the list of them."""
        self.rejected = tuple(dict.fromkeys((*self.rejected, *rejected)))
        self.studies_changed.emit()

    def note_found(self, images: int, other: tuple[tuple[Path, Sentence], ...], rejected: int) -> None:
        """Remember what a scan has found: every file is accounted for."""
        self.last_found = (images, len(other), rejected)
        self.other_files = tuple(dict.fromkeys((*self.other_files, *other)))

    def note_exported(self, segmentation: Segmentation, revision: int) -> None:
        """Remember that a mask has been saved as it was at a revision."""
        self._exported[segmentation] = revision

    def is_exported(self, segmentation: Segmentation) -> bool:
        """Whether the last export of a mask holds it as it is now."""
        return self._exported.get(segmentation) == segmentation.revision

    def is_saved(self, segmentation: Segmentation) -> bool:
        """Whether a mask holds no correction that has not been exported."""
        return segmentation.edits == 0 or self.is_exported(segmentation)

    def show(self, scene: Scene | None, *, keep_view: bool = False) -> None:
        """Put another volume on the screen, with fresh panes unless `keep_view` leaves zoom and place as they are."""
        self.scene = scene
        self.kept_volumes.follow(scene.series if scene is not None else None)
        if not keep_view:
            for viewport in self.viewports.values():
                viewport.reset()
        self.scene_changed.emit()

    def choose(self, *, tool: str | None = None, active_pane: PaneName | None = None) -> None:
        """Make another tool or pane the active one."""
        self.tool = tool or self.tool
        self.active_pane = active_pane or self.active_pane
        self.display_changed.emit()

    def maximise(self, pane: PaneName | None) -> None:
        """Let one pane fill the window; None shows all four."""
        self.maximised = pane
        self.display_changed.emit()
