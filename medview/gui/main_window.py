"""The window: studies at the left, images in the middle, segmentation at the right, work and values below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from medview.gui import theme
from medview.gui.bring_to_front import bring_to_front
from medview.gui.cine_player import CinePlayer
from medview.gui.command import SideName
from medview.gui.commands.actions import ask_close_study
from medview.gui.commands.command_set import CommandSet
from medview.gui.dropped_paths import dropped_paths
from medview.gui.extra_window import ExtraWindows
from medview.gui.findings.finding_panel import FindingPanel
from medview.gui.flicker_clock import FlickerClock
from medview.gui.fusion.fusion_bar import FusionBar
from medview.gui.job_bar import JobBar
from medview.gui.language import set_language, tr
from medview.gui.language_menu import add_language_menu
from medview.gui.measuring.measurement_menu import measurement_menu
from medview.gui.measuring.measurement_panel import MeasurementPanel
from medview.gui.notice_bar import NoticeBar, ask_leaving, confirmed
from medview.gui.one_line import one_line
from medview.gui.packed_state import packed_state, unpacked_state
from medview.gui.panes.layout_widget import LayoutWidget
from medview.gui.segmenting.plugin_panel import PluginPanel
from medview.gui.segmenting.segment_panel import SegmentPanel
from medview.gui.sequence_bar import SequenceBar
from medview.gui.session_watch import SessionWatch
from medview.gui.side_panel import SidePanel
from medview.gui.side_tabs import FINDINGS, SideTabs
from medview.gui.studies.study_card import patient_title
from medview.gui.studies.study_panel import StudyPanel
from medview.gui.throttle import Throttle
from medview.gui.tool_bar import ToolBar
from medview.gui.value_readout import ValueReadout
from medview.gui.welcome import Welcome
from medview.session.close_study import discard_edits, has_unsaved_edits
from medview.session.finding_view import finding_view
from medview.session.image_in_view import image_in_view
from medview.session.import_studies import import_open_study
from medview.session.judged_findings import has_unsaved_judgements, is_kept
from medview.session.open_folder import open_folder
from medview.session.open_object import open_object
from medview.session.overlay_reading import OverlayReading
from medview.session.session import Session
from medview.study.finding import Status
from medview.study.series import Series
from medview.study.study import Study
from medview.study.study_object import StudyObject

if TYPE_CHECKING:
    from medview.gui.library.library_page import LibraryPage
    from medview.gui.studies.report_window import ReportWindow

_OFTEN = frozenset({"cursor", "display", "progress", "draft"})
_OFTEN_MS = 100
_IMAGES_SHARE = 0.45  # of the window's width


class MainWindow(QMainWindow):
    """The main window of a session.

    Everything in it but the panes is made anew when language or colours change: panels hold no truth.
    """

    pages: QStackedWidget

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.watch = SessionWatch(session, self)
        self._refreshing = Throttle(self._refresh, _OFTEN_MS, self)
        self.panes = LayoutWidget(session)
        self.further = ExtraWindows(session, self.panes, self)
        self.further.context_menu_requested.connect(self._show_context_menu)
        self.player = CinePlayer(session, self.watch, self)
        self.flicker = FlickerClock(session, self.watch, self)
        self._overlay_reading = OverlayReading(session)
        self.panes.context_menu_requested.connect(self._show_context_menu)
        self.report_window: ReportWindow | None = None
        self._library: LibraryPage | None = None
        self._is_divided_by_person = bool(session.settings["window_state"])
        self._fitting = QTimer(self)  # after the splitter has its new width
        self._fitting.setSingleShot(True)
        self._fitting.setInterval(0)
        self._fitting.timeout.connect(self._fit_sides)
        self.setAcceptDrops(True)
        self.setMinimumSize(960, 600)
        self.resize(1440, 900)
        self._furnish()
        self._restore_geometry()
        self.watch.changed.connect(self._follow)

    # what commands ask of the window (medview.gui.command.Shell)

    @property
    def session(self) -> Session:
        """What is open now."""
        return self._session

    @property
    def widget(self) -> QWidget:
        """The parent of dialogs."""
        return self

    def picture(self) -> NDArray[np.uint8]:
        """Return what the active pane shows without the patient's name: (rows, columns, 4) uint8 sRGB with alpha."""
        pane = self.further.find(self._session.active_pane)
        return pane.grab_pixels(hide_patient_text=True) if pane is not None else np.zeros((1, 1, 4), np.uint8)

    def run_model(self) -> None:
        """Run the plugin that is chosen in the panel."""
        self.plugin_panel.run()

    def show_models(self) -> None:
        """Show every model with its card and its weights."""
        from medview.gui.segmenting.models_window import ModelsWindow

        bring_to_front(ModelsWindow(self._session, self.watch, self))

    def step_finding(self, step: int) -> bool:
        """Go to the next finding that nobody has judged, -1 to the one before; False where there is none."""
        return self.finding_panel.list.step(step)

    def judge_finding(self, status: Status) -> None:
        """Accept or reject what is selected in the list of findings."""
        self.finding_panel.list.judge(status)

    def save_findings(self) -> None:
        """Ask for a file name, and save a report of the findings."""
        self.finding_panel.save_report()

    def show_shortcuts(self) -> None:
        """Show the sheet of shortcuts."""
        from medview.gui.commands.shortcut_sheet import ShortcutSheet

        bring_to_front(ShortcutSheet(self.commands.keymap, self))

    def change_shortcuts(self) -> None:
        """Show every command with its keys, to be changed."""
        from medview.gui.commands.shortcut_form import ShortcutForm

        bring_to_front(ShortcutForm(self._session.settings, self))

    def show_palette(self) -> None:
        """Show every command by its name."""
        from medview.gui.commands.command_palette import CommandPalette

        palette = CommandPalette(self.commands, self)
        top = self.mapToGlobal(QPoint((self.width() - palette.width()) // 2, self.menuBar().height() + 40))
        palette.move(top)
        palette.show()

    def show_warnings(self) -> None:
        """Show the warnings of the open series and the files left out."""
        from medview.gui.studies.warning_list import WarningList

        bring_to_front(WarningList(self._session, self))

    def show_header(self) -> None:
        """Show the header of the image in view."""
        image = image_in_view(self._session.scene) if self._session.scene is not None else None
        if image is not None:
            self._show_header_of(image.series, image.series.instances[image.slice_index].path)

    @property
    def library(self) -> LibraryPage:
        """The page of the library, made when it is first wanted: the first image does not wait for it."""
        if self._library is None:
            from medview.gui.library.library_page import LibraryPage

            self._library = LibraryPage(self._session, self.watch)
            self._library.closed.connect(self.show_images)
            self.pages.addWidget(self._library)
        return self._library

    def toggle_library(self) -> None:
        """Show the library, or the images again."""
        if self._is_in_library():
            self.show_images()
        else:
            self.pages.setCurrentWidget(self.library)

    def show_images(self) -> None:
        """Leave the library."""
        self.pages.setCurrentWidget(self.splitter)

    def _is_in_library(self) -> bool:
        return self._library is not None and self.pages.currentWidget() is self._library

    def toggle_full_screen(self) -> None:
        """Fill the screen, or no longer."""
        window = self.further.active() or self
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def toggle_side(self, name: SideName) -> None:
        """Hide or show the study list or the segmentation panel."""
        side = self.sides[name]
        side.setVisible(side.isHidden())

    # furniture

    def _furnish(self) -> None:
        """Make menus, toolbar, panels and bars in the language and colours of now."""
        self.commands = CommandSet(self, self, self.panes)
        self.further.furnish(self.commands)
        menus = self.commands.fill_menu_bar()
        add_language_menu(menus["View"], self._session.settings)
        self.tool_bar = ToolBar(self._session, self.watch, self.commands, self)
        self.addToolBar(self.tool_bar)
        self.tool_bar.fit(self.width())
        self.sides: dict[SideName, QWidget] = {
            "studies": self._make_studies(),
            "segmentation": self._make_segmentation(),
        }
        self._make_splitter(self.sides["studies"], self._make_centre(), self.sides["segmentation"])
        self.job_bar = JobBar(self._session, self.watch, self)
        self.readout = ValueReadout(self._session, self.watch, self)
        self.panes.pointer_moved.connect(self.readout.point_at)
        self.further.pointer_moved.connect(self.readout.point_at)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(self.job_bar, 1)
        self.statusBar().addPermanentWidget(self.readout)
        self._refresh()

    def _refurnish(self) -> None:
        """Make everything but the panes anew."""
        sizes = self.splitter.saveState()
        in_library = self._is_in_library()
        if self._library is not None:
            self._library.release()
        panel = self.plugin_panel
        chosen = panel.runs, panel.chosen_plugin(), panel.form.values(), panel.inputs.wanted
        tab = self.side_tabs.currentIndex()
        hidden = {name for name, side in self.sides.items() if side.isHidden()}
        self.panes.setParent(None)
        self.panes.pointer_moved.disconnect(self.readout.point_at)
        self.further.pointer_moved.disconnect(self.readout.point_at)
        self.commands.release()
        self.removeToolBar(self.tool_bar)
        self.tool_bar.deleteLater()
        for widget in (self.job_bar, self.readout):
            self.statusBar().removeWidget(widget)
            widget.deleteLater()
        self._furnish()  # the new central widget takes the place of the old one, which Qt deletes
        self.splitter.restoreState(sizes)
        self.plugin_panel.take_over(*chosen)
        self.side_tabs.setCurrentIndex(tab)
        for name in hidden:
            self.sides[name].hide()
        if in_library:
            self.toggle_library()

    def _make_splitter(self, *parts: QWidget) -> None:
        self.splitter = QSplitter(self)
        for part in parts:
            self.splitter.addWidget(part)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(4)
        self.splitter.splitterMoved.connect(self._keep_division)
        self.splitter.setStretchFactor(1, 1)
        self._library = None
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.splitter)
        self.setCentralWidget(self.pages)
        self._divide()

    def _divide(self) -> None:
        """Give the sides the room they are read well with, and the images at least half of a small window."""
        digit, width = self.fontMetrics().horizontalAdvance("0"), self.width()
        left, right = min(digit * 37, round(width * 0.22)), min(digit * 41, round(width * 0.28))
        self.splitter.setSizes([left, max(width - left - right, 200), right])

    def _keep_division(self) -> None:
        self._is_divided_by_person = True

    def _fit_sides(self) -> None:
        """Divide anew; a person's own division stays unless it leaves too little for the images."""
        sizes = self.splitter.sizes()
        if not self._is_divided_by_person or sizes[1] < _IMAGES_SHARE * sum(sizes):
            self._divide()

    def _make_centre(self) -> QWidget:
        centre = QWidget(self)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.notice_bar = NoticeBar(self._session, self.watch, centre)
        self.welcome = Welcome(self.commands.actions, centre)
        self.stack = QStackedWidget(centre)
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.panes)
        layout.addWidget(self.notice_bar)
        layout.addWidget(self.stack, 1)
        self.fusion_bar = FusionBar(self._session, self.watch, self.commands.actions, centre)
        layout.addWidget(self.fusion_bar)
        self.sequence_bar = SequenceBar(self._session, self.watch, self.commands.actions, centre)
        self.player.speed_changed.connect(self.sequence_bar.show_speed)
        layout.addWidget(self.sequence_bar)
        return centre

    def _make_studies(self) -> QWidget:
        self.study_panel = StudyPanel(self._session, self.watch)
        self.study_panel.close_wanted.connect(self._close_study)
        self.study_panel.warnings_wanted.connect(self.show_warnings)
        self.study_panel.header_wanted.connect(self._show_header_of)
        self.study_panel.library_wanted.connect(self._add_to_library)
        self.study_panel.object_wanted.connect(self._open_object)
        return self.study_panel

    def _make_segmentation(self) -> QWidget:
        run_action = self.commands.actions["run_segmentation"]
        self.plugin_panel = PluginPanel(self._session, self.watch, run_action)
        self.plugin_panel.tools.models_wanted.connect(self.show_models)
        self.segment_panel = SegmentPanel(self._session, self.watch, self.commands.actions)
        self.measurement_panel = MeasurementPanel(self._session, self.watch, self.commands.actions)
        segmentation = SidePanel(self.plugin_panel, self.segment_panel)
        self.finding_panel = FindingPanel(self._session, self.watch)
        panels = segmentation, self.measurement_panel, self.finding_panel
        self.side_tabs = SideTabs(self._session, self.watch, *panels)
        self.finding_panel.wanted.connect(lambda: self.side_tabs.setCurrentIndex(FINDINGS))
        return self.side_tabs

    # what happens in the session

    def _follow(self, topics: frozenset[str]) -> None:
        if "settings" in topics:
            self._follow_settings()
        if topics - _OFTEN:
            self._refresh()
        elif topics - {"progress", "draft"}:  # told twenty times a second while something is read, or drawn
            self._refreshing.ask()
        self._follow_report(is_new="report" in topics)
        if "scene" in topics and self._session.scenes and self._session.active_pane in self.panes.panes:
            self.panes.panes[self._session.active_pane].setFocus()

    def _follow_report(self, *, is_new: bool) -> None:
        """Show the report that has been opened beside the images."""
        if is_new and self.report_window is None:
            from medview.gui.studies.report_window import ReportWindow

            self.report_window = ReportWindow(self._session, self)
            self.report_window.show()
        elif is_new and self.report_window is not None:
            self.report_window.refresh()
            self.report_window.setVisible(self._session.desk.report is not None)
        elif self.report_window is not None:
            self.report_window.refresh_off()

    def _follow_settings(self) -> None:
        self.commands.refresh_keys()
        wanted = (self._session.settings["language"], self._session.settings["theme"])
        if wanted != self._dressed_as:
            set_language(wanted[0])
            application = QApplication.instance()
            assert isinstance(application, QApplication)
            theme.apply(application, wanted[1])
            self._refurnish()
            if self.report_window is not None:  # made anew in the other language when a report is next opened
                self.report_window.deleteLater()
                self.report_window = None

    def _refresh(self) -> None:
        self._dressed_as = (self._session.settings["language"], self._session.settings["theme"])
        self.commands.refresh()
        self.stack.setCurrentWidget(self.panes if self._session.scenes or self._session.readings else self.welcome)
        self.welcome.refresh(self._session)
        self.setWindowTitle(self._title())

    def _title(self) -> str:
        """Name the patient only where patient text is shown at all."""
        scene = self._session.scene
        if scene is None:
            return "MedView"
        parts = [scene.series.series_description or scene.series.modality, "MedView"]
        if self._session.settings["patient_text_visible"]:
            parts.insert(0, patient_title(scene.study))
        return one_line(" – ".join(part for part in parts if part))

    def _close_study(self, study: Study) -> None:
        ask_close_study(self, study)

    def _open_object(self, study: Study, found: StudyObject) -> None:
        open_object(self._session, study, found)

    def _add_to_library(self, study: Study) -> None:
        import_open_study(self._session, study, copy=bool(self._session.settings["import_copies"]))

    def _show_header_of(self, of: Series | StudyObject, path: Path | None = None) -> None:
        from medview.gui.studies.header_inspector import HeaderInspector
        from medview.gui.studies.header_source import HeaderSource

        source = HeaderSource.of(of)
        place = source.paths.index(path) if path in source.paths else 0
        if source.paths:
            bring_to_front(HeaderInspector(self._session, source, place, self))

    def _show_context_menu(self, _pane: str, at: QPoint) -> None:
        """Show what can be done with the measurement or the finding under the mouse, else with the image."""
        scene, hovered = self._session.scene, self._session.focus.hovered_uid
        found = finding_view(scene.study).hovered_uid if scene is not None else ""
        if scene is not None and found and not hovered:
            finding_view(scene.study).select(found)
            self.finding_panel.list.refresh()
            self.finding_panel.show_menu(at)
            return
        self._session.focus.select(hovered)
        self.commands.refresh()
        menu = measurement_menu(self, self.commands.actions) if hovered else self.commands.context_menu()
        menu.popup(at)

    # Qt's events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._show_drop(is_over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Take the drop frame away."""
        self._show_drop(is_over=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what is dropped."""
        self._show_drop(is_over=False)
        event.acceptProposedAction()
        for path in dropped_paths(event.mimeData()):
            open_folder(self._session, path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit tools and sides to the new width."""
        super().resizeEvent(event)
        self.tool_bar.fit(self.width())
        if event.oldSize().width() != event.size().width():
            self._fitting.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, unless corrections or judgements would be lost and the person stays."""
        unreported = [study for study in self._session.studies if has_unsaved_judgements(study)]
        if unreported and not confirmed(self, _question(unreported), tr("Close")):
            event.ignore()
            return
        if has_unsaved_edits(self._session):
            choice = ask_leaving(self)
            if choice != "discard":
                event.ignore()
                if choice == "export":
                    self.commands.actions["export_dicom_seg"].trigger()
                return
            discard_edits(self._session)
        self._session.settings["window_geometry"] = packed_state(self.saveGeometry())
        self._session.settings["window_state"] = packed_state(self.splitter.saveState())
        self.watch.release()
        self._refreshing.stop()
        self.panes.release()
        self.further.release()
        self.player.release()
        self.flicker.release()
        self.plugin_panel.release()
        self._session.jobs.cancel_all()
        for unpacked in self._session.unpacked:
            unpacked.cleanup()
        event.accept()

    def _show_drop(self, *, is_over: bool) -> None:
        self.welcome.setProperty("drop", is_over)
        self.welcome.style().unpolish(self.welcome)
        self.welcome.style().polish(self.welcome)

    def _restore_geometry(self) -> None:
        self.restoreGeometry(unpacked_state(self._session.settings["window_geometry"]))
        self.splitter.restoreState(unpacked_state(self._session.settings["window_state"]))


def _question(unreported: list[Study]) -> str:
    """Return what is asked before judgements are left that no report holds: whether they outlive the closing."""
    if all(is_kept(study) for study in unreported):
        return tr("Close MedView? What was accepted or corrected is kept on this computer, but no report holds it yet.")
    return tr(
        "Close MedView? Findings that were accepted or corrected have not been saved as a report, and would be lost."
    )
