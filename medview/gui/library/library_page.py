"""The library: the local list of studies with search, albums and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from medview.errors import Sentence
from medview.gui.icon import icon, icon_pixmap
from medview.gui.language import say, tr
from medview.gui.library.album_list import AlbumList
from medview.gui.library.library_commands import LibraryCommands
from medview.gui.library.library_filter import LibraryFilter
from medview.gui.library.own_jobs import OwnJobs
from medview.gui.library.study_details import StudyDetails
from medview.gui.library.study_table import TITLES, StudyTable, size_text
from medview.gui.notice_bar import NoticeBar
from medview.gui.session_watch import SessionWatch
from medview.gui.theme import theme
from medview.library.album import Album
from medview.library.query import Column, Query
from medview.library.reports import Usage
from medview.library.study_row import StudyRow
from medview.progress import Progress
from medview.session.open_from_library import open_from_library
from medview.session.session import Session
from medview.session.use_library import use_library

if TYPE_CHECKING:
    from medview.library.library import Library

_WIDTHS: dict[Column, int] = {  # in digits
    "patient_name": 25, "patient_id": 14, "birth_date": 13, "study_date": 13, "modalities": 11, "study_description": 25,
    "series_count": 8, "image_count": 9, "status": 12, "comment": 18, "institution_name": 20, "accession_number": 16,
    "size_bytes": 10, "added": 18, "opened": 18, "where": 16, "files_missing": 14,
}  # fmt: skip


class LibraryPage(QFrame):
    """A page of the main window. Double click or Enter opens studies; they join what is open."""

    closed = Signal()

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("library")
        self.setAcceptDrops(True)
        self._session = session
        self._wanted: int | None = None  # the study to be chosen when the rows are there
        self._jobs = OwnJobs()
        self._pictures_come = False
        self._is_told = False  # whether what opening had to say has been said
        self.table = StudyTable(session, self)
        self.commands = LibraryCommands(session, self)
        self._build(watch)
        self.table.answered.connect(self._follow_answer)
        self.table.failed.connect(self._say_failure)
        self.filter.changed.connect(self.ask)
        self.albums.chosen.connect(self.ask)
        self.albums.customContextMenuRequested.connect(self._show_album_menu)
        self.details.changed.connect(self.refresh)
        self.details.open_wanted.connect(self._open)
        watch.changed.connect(self._follow)

    # what a person does

    def ask(self) -> None:
        """Show the studies that album, search and filters ask for."""
        self.table.ask(self.filter.query(self.albums.query()))

    def refresh(self) -> None:
        """Ask again, and count albums and sizes: the list has changed."""
        chosen = self.chosen()
        self._wanted = chosen[0].id if chosen else None
        self.ask()
        self._jobs.replace(use_library(self._session, _overview, on_done=self._show_overview))

    def chosen(self) -> list[StudyRow]:
        """Return the studies that are selected, in the order of the table."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        studies = (self.table.study(row) for row in rows)
        return [study for study in studies if study is not None]

    def release(self) -> None:
        """Want no more answers: the page is being made anew."""
        self._jobs.release()
        self.table.release()
        self.details.release()
        self.filter.release()
        self.commands.release()

    def open_chosen(self) -> None:
        """Open the studies that are selected, and go to the images."""
        self._open()

    def _open(self, series_key: str = "") -> None:
        studies = self.chosen()
        if studies:
            open_from_library(self._session, [study.id for study in studies], series_key=series_key)
            self.closed.emit()

    def import_paths(self, paths: Sequence[Path]) -> None:
        """Ask how files and folders are taken, and take them."""
        self.commands.import_paths(paths, self.closed.emit)

    # furniture

    def _build(self, watch: SessionWatch) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.addWidget(NoticeBar(self._session, watch, self))
        layout.addLayout(self._make_top())
        self.albums = AlbumList(self)
        middle = QSplitter(self)
        middle.addWidget(self._make_albums())
        middle.addWidget(self._make_middle())
        middle.setChildrenCollapsible(False)
        middle.setStretchFactor(1, 1)
        middle.setSizes([self.fontMetrics().horizontalAdvance("0") * 28, 1000])
        layout.addWidget(middle, 1)
        self._too_full = QPushButton(icon("warning", theme().warning), tr("More than the quota: make room…"), self)
        self._too_full.setObjectName("warnings")
        self._too_full.setFlat(True)
        self._too_full.clicked.connect(self.commands.ask_room)
        self._too_full.hide()
        self.foot = QLabel(self)
        self.foot.setObjectName("dim")
        self.foot.setTextFormat(Qt.TextFormat.PlainText)
        foot = QHBoxLayout()
        foot.addWidget(self.foot)
        foot.addWidget(self._too_full)
        foot.addStretch(1)
        layout.addLayout(foot)

    def _make_top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        back = QPushButton(icon("layout"), tr("Back to the images"), self)
        back.clicked.connect(self.closed)
        self.filter = LibraryFilter(self)
        self.bring = QPushButton(icon("download", theme().on_accent), tr("Import…"), self)
        self.bring.setObjectName("accent")
        self.bring.setMenu(self.commands.import_menu(self, self.import_paths))
        more = QPushButton(tr("More"), self)
        self.more_menu = self.commands.care_menu(more)
        self.more_menu.addSeparator()
        self.more_menu.addMenu(self._make_column_menu())
        more.setMenu(self.more_menu)
        row.addWidget(back)
        row.addWidget(self.filter, 1)
        row.addWidget(self.bring)
        row.addWidget(more)
        return row

    def _make_albums(self) -> QWidget:
        side = QWidget(self)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.albums, 1)
        new = QPushButton(icon("plus"), tr("New album…"), side)
        new.clicked.connect(lambda: self.commands.ask_album(None))
        smart = QPushButton(icon("auto"), tr("Album of this search…"), side)
        smart.setToolTip(tr("A smart album holds whatever answers the present search and filters."))
        smart.clicked.connect(lambda: self.commands.ask_album(self.table.query))
        column.addWidget(new)
        column.addWidget(smart)
        return side

    def _make_middle(self) -> QWidget:
        self.view = QTableView(self)
        self.view.setModel(self.table)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setShowGrid(False)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setAccessibleName(tr("Studies of the library"))
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(round(self.fontMetrics().height() * 1.7))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.doubleClicked.connect(self.open_chosen)
        self._make_header()
        self.view.selectionModel().selectionChanged.connect(self._show_chosen)
        self._add_keys()
        self.details = StudyDetails(self._session, self)
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.view)
        self.pages.addWidget(self._make_invitation())
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages, 1)
        column.addWidget(self.details)
        return middle

    def _add_keys(self) -> None:
        """Give list and search their keys; they work where the keyboard is, or Return in a comment would open it."""
        search, in_widget = self.filter.search, Qt.ShortcutContext.WidgetShortcut
        for keys, widget, run in (
            ("Return", self.view, self.open_chosen),
            ("Enter", self.view, self.open_chosen),
            ("Del", self.view, self._forget_chosen),
            ("Down", search, self._enter_list),
            ("Return", search, self._enter_list),
            ("Enter", search, self._enter_list),
        ):
            # a context given to the constructor is lost beside a Python function
            shortcut = QShortcut(QKeySequence(keys), widget)
            shortcut.setContext(in_widget)
            shortcut.activated.connect(run)
        find = QShortcut(QKeySequence("Ctrl+F"), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(search.setFocus)

    def _make_header(self) -> None:
        header = self.view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(
            lambda place: self._make_column_menu(self).popup(header.mapToGlobal(place))
        )
        self._dress_columns()
        self.view.setSortingEnabled(True)

    def _dress_columns(self) -> None:
        header, digit = self.view.horizontalHeader(), self.fontMetrics().horizontalAdvance("0")
        for place, column in enumerate(self.table.columns):
            header.resizeSection(place, digit * _WIDTHS[column])
            if column == self.table.order:
                down = self.table.descending
                header.setSortIndicator(place, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def _make_column_menu(self, parent: QWidget | None = None) -> QMenu:
        menu = QMenu(tr("Columns"), parent or self)
        for column, title in TITLES.items():
            action = menu.addAction(say(title))
            action.setCheckable(True)
            action.setChecked(column in self.table.columns)
            action.toggled.connect(lambda on, column=column: self._toggle_column(column, on=on))
        return menu

    def _toggle_column(self, column: Column, *, on: bool) -> None:
        columns = {*self.table.columns, column} if on else {c for c in self.table.columns if c != column}
        self.table.choose_columns(tuple(columns))
        self._dress_columns()

    def _make_invitation(self) -> QWidget:
        page = QFrame(self)
        page.setObjectName("welcome")
        column = QVBoxLayout(page)
        column.addStretch(3)
        picture = QLabel(page)
        picture.setPixmap(icon_pixmap("library", 64, theme().line, self.devicePixelRatioF()))
        column.addWidget(picture, 0, Qt.AlignmentFlag.AlignCenter)
        self.invitation, self.hint = QLabel(page), QLabel(page)
        self.invitation.setObjectName("welcome_title")
        self.hint.setObjectName("welcome_text")
        for label in (self.invitation, self.hint):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        self.rebuild = QPushButton(tr("Rebuild the list from the files…"), page)
        self.rebuild.setObjectName("primary")
        self.rebuild.clicked.connect(self.commands.ask_rebuild)
        self.rebuild.hide()
        column.addSpacing(8)
        column.addWidget(self.rebuild, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(4)
        return page

    # what comes back

    def _show_overview(self, told: _Overview) -> None:
        usage = told.usage
        self.albums.show_albums(told.albums)
        self.filter.set_modalities(told.modalities)
        self.rebuild.setVisible(told.needs_rebuild)
        self._too_full.setVisible(0 < usage.quota_bytes < usage.copied_bytes)
        for sentence in told.said if not self._is_told else ():
            self._session.notices.add("warning", sentence)
        self._is_told = True
        quota = tr(" of {size}", size=size_text(usage.quota_bytes)) if usage.quota_bytes else ""
        self.foot.setText(
            tr(
                "{studies} {studies:study|studies} · {series} series · {images} {images:image|images} · copied "
                "{copied}{quota} · linked {linked}",
                studies=f"{usage.studies:,}",
                series=f"{usage.series:,}",
                images=f"{usage.images:,}",
                copied=size_text(usage.copied_bytes),
                quota=quota,
                linked=size_text(usage.linked_bytes),
            )
        )

    def _follow_answer(self) -> None:
        self.pages.setCurrentIndex(0 if self.table.rowCount() else 1)
        everything = self.filter.is_empty and self.albums.query() == Query()
        self.invitation.setText(tr("The library is empty") if everything else tr("No study answers"))
        self.hint.setText(
            tr("Drop folders, files or ZIP archives here, or choose Import.")
            if everything
            else tr("Change the search or the filters.")
        )
        row = self.table.row_of(self._wanted) if self._wanted is not None else None
        self._wanted = None
        if row is not None:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.view.selectionModel().setCurrentIndex(self.table.index(row, 0), flags)
        self._show_chosen()

    def _say_failure(self, text: str) -> None:
        self.pages.setCurrentIndex(1)
        self.invitation.setText(tr("The library cannot be used"))
        self.hint.setText(text)

    def _show_chosen(self) -> None:
        chosen = self.chosen()
        self.details.show_study(chosen[0] if len(chosen) == 1 else None)

    def _step_back(self) -> None:
        """Clear the search; where nothing is searched, go back to the images."""
        if self.filter.search.text():
            self.filter.search.clear()
        else:
            self.closed.emit()

    def _enter_list(self) -> None:
        """Go from the search to the first study found."""
        if self.table.rowCount():
            self.view.setFocus()
            if not self.chosen():
                self.view.selectRow(0)

    def _forget_chosen(self) -> None:
        self.commands.ask_forget(self.chosen())

    def _show_menu(self, place: QPoint) -> None:
        chosen = self.chosen()
        if chosen:
            menu = self.commands.study_menu(chosen, self.albums.album(), self)
            menu.insertAction(menu.actions()[0], menu.addAction(icon("open-folder"), tr("Open"), self.open_chosen))
            menu.popup(self.view.viewport().mapToGlobal(place))

    def _show_album_menu(self, place: QPoint) -> None:
        album = self.albums.album()
        if album is not None:
            self.commands.album_menu(album, self).popup(self.albums.viewport().mapToGlobal(place))

    def _follow(self, topics: frozenset[str]) -> None:
        if "settings" in topics:
            self.table.say_again()
            self._show_chosen()
        if "jobs" not in topics or not self.isVisible():
            return
        came, self._pictures_come = self._pictures_come, any(j.place == "previews" for j in self._session.jobs.jobs)
        if self.commands.take_changed():
            self.refresh()
        elif came and not self._pictures_come:
            self._show_chosen()

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Look what is on the list now."""
        super().showEvent(event)
        self.refresh()
        self.filter.search.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask no more while nobody looks."""
        super().hideEvent(event)
        self.filter.release()

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window, to which it means another tool."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self._step_back()
            event.accept()
            return True
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Import what is dropped."""
        event.acceptProposedAction()
        self.import_paths([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])


@dataclass(frozen=True)
class _Overview:
    """What is told of the library as a whole."""

    usage: Usage
    albums: tuple[Album, ...]
    modalities: tuple[str, ...]
    said: tuple[Sentence, ...]
    needs_rebuild: bool


def _overview(library: Library, progress: Progress) -> _Overview:
    progress(0.0)
    return _Overview(library.usage(), library.albums(), library.modalities(), library.said, library.needs_rebuild)
