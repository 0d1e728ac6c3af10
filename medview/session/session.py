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
from medview.session.hanging_plan import Hanging
from medview.session.kept_volumes import KeptVolumes
from medview.session.layout import Cell, Layout, shipped_layout, visible_cells
from medview.session.look_links import LookLinks
from medview.session.measurement_focus import MeasurementFocus
from medview.session.notice import NoticeBoard
from medview.session.reader_name import reader_name
from medview.session.report_desk import ReportDesk
from medview.session.saved_layouts import SavedLayouts
from medview.session.scene import Scene
from medview.session.scene_links import SceneLinks
from medview.session.settings import Settings
from medview.session.viewed_series import ViewedSeries
from medview.session.viewport import Viewport
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
    layout
        Which panes there are.
    viewports
        The panes by the name of their cell, in reading order.
    scenes
        By slot: a volume on the screen with its cursor, window and mask, which all panes of the slot share.
    away
        By slot: what slots showed that the layout of now does not have; a layout that has them shows it again.
    links
        How the slots follow each other.
    viewed
        Which series have been on the screen.
    saved_layouts
        The layouts that a person has saved under a name.
    hanging
        How a study was laid out by a hanging protocol; None where none was.
    active_pane
        The pane that commands and panels act on, and with it its slot and scene.
    maximised
        The one pane that fills its window, or None for all.
    tool
        Name of the active tool (`medview.tools.toolbox.TOOLS`).
    wanted
        By slot: the series asked for last; one that is read late does not replace it.
    readings
        By slot: the job that reads the wanted series.
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
    focus
        Which measurement is selected or lies under the mouse.
    absent_weights
        SHA-256 of the weights that the last look (`medview.session.fetch_weights`) did not find on this machine.
    demo_truths
        The true brain mask of a demo series, by Series Instance UID.
    """

    studies_changed = Signal()
    scene_changed = Signal()
    layout_changed = Signal()
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
        self.layout = shipped_layout("mpr")
        self.viewports: dict[str, Viewport] = {cell.name: _viewport(cell) for cell in self.layout.cells}
        self.scenes: dict[int, Scene] = {}
        self.away: dict[int, Scene] = {}
        self._viewports_away: dict[str, Viewport] = {}
        self.viewed = ViewedSeries()
        self.active_pane = self.layout.cells[0].name
        self.maximised: str | None = None
        self.tool = "window_level"
        self.wanted: dict[int, Series] = {}
        self.readings: dict[int, Job] = {}
        self.kept_volumes = KeptVolumes()
        self.rejected: tuple[tuple[Path, Sentence], ...] = ()
        self.other_files: tuple[tuple[Path, Sentence], ...] = ()
        self.last_found = (0, 0, 0)
        self.unpacked: list[PassingFolder] = []
        self.desk = ReportDesk()
        self.focus = MeasurementFocus()
        self.absent_weights: frozenset[str] = frozenset()
        self.demo_truths: dict[str, Path] = {}
        self._exported: WeakKeyDictionary[Segmentation, int] = WeakKeyDictionary()
        self._plugins: tuple[Plugin | BrokenPlugin, ...] | None = None
        self.saved_layouts = SavedLayouts()
        self.hanging: Hanging | None = None
        settings.changed.connect(self._name_author)
        self.links = SceneLinks(self)
        self._look_links = LookLinks(self)

    @property
    def plugins(self) -> tuple[Plugin | BrokenPlugin, ...]:
        """The plugins found, read at first use."""
        if self._plugins is None:
            self._plugins = discover()
        return self._plugins

    def forget_plugins(self) -> None:
        """Look for plugins anew at the next use."""
        self._plugins = None

    def _name_author(self, setting: str) -> None:
        if setting == "reader_name":
            for study in self.studies:
                study.history.author = reader_name(self.settings)

    def add_study(self, study: Study) -> None:
        """Add an opened study."""
        study.history.author = reader_name(self.settings)
        self.studies = (*self.studies, study)
        self.studies_changed.emit()

    def remove_study(self, study: Study) -> None:
        """Forget a study; its files are untouched. With the last one goes what was said of files left out."""
        self.studies = tuple(s for s in self.studies if s is not study)
        self.away = {slot: scene for slot, scene in self.away.items() if scene.study is not study}
        if self.hanging is not None and self.hanging.study is study:
            self.hanging = None
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

    @property
    def active_slot(self) -> int:
        """The slot of the active pane."""
        return self.viewports[self.active_pane].slot

    @property
    def active_viewport(self) -> Viewport:
        """The active pane."""
        return self.viewports[self.active_pane]

    @property
    def scene(self) -> Scene | None:
        """What the active pane shows; None before something is opened there."""
        return self.scenes.get(self.active_slot)

    def scene_in(self, pane: str) -> Scene | None:
        """Return what a pane shows; None where it is empty, or there is no such pane any more."""
        viewport = self.viewports.get(pane)
        return self.scenes.get(viewport.slot) if viewport is not None else None

    def scenes_of(self, study: Study, series_key: str) -> tuple[Scene, ...]:
        """Return every scene of a series, in any slot, also those that wait behind the layout of now."""
        known = dict.fromkeys((*self.scenes.values(), *self.away.values()))
        return tuple(scene for scene in known if scene.study is study and scene.series.key == series_key)

    def of_slot(self, slot: int) -> tuple[Viewport, ...]:
        """Return the panes that share a scene."""
        return tuple(viewport for viewport in self.viewports.values() if viewport.slot == slot)

    @property
    def wanted_series(self) -> Series | None:
        """The series asked for last in the active pane."""
        return self.wanted.get(self.active_slot)

    @property
    def reading(self) -> Job | None:
        """The job that reads what the active pane is to show; None where nothing is read for it."""
        return self.readings.get(self.active_slot)

    @property
    def visible_cells(self) -> tuple[Cell, ...]:
        """The cells that are seen, with the room they have."""
        return visible_cells(self.layout, self.scenes, self.maximised)

    def show(self, scene: Scene | None, slot: int | None = None, *, keep_view: bool = False) -> None:
        """Put another volume into a slot, the active one where none is named; None empties it.

        Its panes begin anew unless `keep_view` leaves zoom and place as they are.
        """
        place = self.active_slot if slot is None else slot
        if scene is None:
            self.scenes.pop(place, None)
        else:
            self.scenes[place] = scene
            self.viewed.add(scene.study, scene.series)
        self.away.pop(place, None)
        self.kept_volumes.follow([shown.series for shown in self.scenes.values()])
        if not keep_view:
            for viewport in (*self.of_slot(place), *(v for v in self._viewports_away.values() if v.slot == place)):
                viewport.reset()
        self._stay_visible(place)
        self.scene_changed.emit()

    def set_layout(self, layout: Layout) -> None:
        """Show other panes; what lies in slots that stay is shown on, and panes that stay look as they did.

        What the others show is put away, and comes back with a layout that has them.
        """
        slot = self.active_slot
        self.layout, self.maximised = layout, None
        known = {**self._viewports_away, **self.viewports}
        self.viewports = {cell.name: _kept(known.get(cell.name), cell) for cell in layout.cells}
        self._viewports_away = {name: viewport for name, viewport in known.items() if name not in self.viewports}
        there = {**self.away, **self.scenes}
        self.scenes = {place: there.pop(place) for place in layout.slots if place in there}
        self.away = there
        for gone in [place for place in self.wanted if place not in layout.slots]:
            del self.wanted[gone]
        if self.active_pane not in self.viewports:
            self.active_pane = next((cell for cell in layout.cells if cell.slot == slot), layout.cells[0]).name
        self._stay_visible(self.active_slot)
        self.layout_changed.emit()
        self.scene_changed.emit()

    def choose(self, *, tool: str | None = None, active_pane: str | None = None) -> None:
        """Make another tool or pane the active one."""
        before = self.scene
        self.tool = tool or self.tool
        self.active_pane = active_pane or self.active_pane
        self.display_changed.emit()
        if self.scene is not before:
            self.scene_changed.emit()

    def maximise(self, pane: str | None) -> None:
        """Let one pane fill its window; None shows all."""
        self.maximised = pane
        self.display_changed.emit()

    def _stay_visible(self, slot: int) -> None:
        """Make a pane that is seen the active one, where the active one is hidden by images of a single plane."""
        seen = [cell for cell in self.visible_cells if cell.slot == slot]
        if slot == self.active_slot and seen and self.active_pane not in {cell.name for cell in seen}:
            if self.maximised == self.active_pane:
                self.maximised = None
            self.active_pane = seen[0].name


def _viewport(cell: Cell) -> Viewport:
    return Viewport(cell.name, cell.kind, cell.slot)


def _kept(viewport: Viewport | None, cell: Cell) -> Viewport:
    """Return the pane of before where it still looks at the same."""
    same = viewport is not None and (viewport.kind, viewport.slot) == (cell.kind, cell.slot)
    return viewport if viewport is not None and same else _viewport(cell)
