"""The findings of a study as a worklist: by run, sorted, judged by keys, and gone to."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from medview.gui.findings.finding_cell import NAME, SCORE, SIZE, SLICE, STATUS, sort_key
from medview.gui.findings.finding_model import FindingModel
from medview.gui.findings.finding_run import FindingRun, listed_runs
from medview.gui.language import tr
from medview.gui.session_watch import SessionWatch
from medview.gui.theme import theme
from medview.session.finding_view import finding_view
from medview.session.judge_findings import judge_findings, remove_findings
from medview.session.jump_to_finding import jump_to_finding
from medview.session.session import Session
from medview.study.finding import Finding, Status
from medview.study.study import Study

_STATUS_PX = 24
_WIDE = 34  # digits, from which on there is room for the size
_KEYS = (Qt.Key.Key_A, Qt.Key.Key_X, Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FindingListView(QTreeView):
    """One row a finding, below its run. A click or an arrow key goes to it; A accepts, X rejects, Delete deletes.

    `menu_wanted(point)` asks for what can be done with the rows that are selected.
    """

    menu_wanted = Signal(QPoint)

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: tuple[object, ...] = ()
        self._folded: set[str] = set()
        self._is_following = False
        self._rows = FindingModel(self)
        self._rows.is_open = self.isExpanded
        self.setModel(self._rows)
        self._build()
        watch.changed.connect(self._follow)
        self.refresh()

    @property
    def study(self) -> Study | None:
        """The study in view."""
        scene = self._session.scene
        return scene.study if scene is not None else None

    def refresh(self) -> None:
        """List the findings of now; proposed boxes below the threshold of their run are left out."""
        study = self.study
        runs = () if study is None else listed_runs(study)
        shown = (study and study.facts.study_instance_uid, theme().name, *((run.first, *run.rows) for run in runs))
        self._is_following = True
        if shown != self._shown:
            self._shown = shown
            self._rows.show(runs)
            self._unfold()
            self._fit_columns()
        if study is not None:
            self._mark_selected(study)
        self._is_following = False

    def rows(self) -> list[QModelIndex]:
        """Return the rows of the findings that are listed, from the top down."""
        return [self._rows.place_of(finding.uid) for finding in self._rows.in_order()]

    def row_texts(self) -> list[tuple[str, str, str, str]]:
        """Return name, score, size and slice of every finding that is listed, from the top down."""
        columns = (NAME, SCORE, SIZE, SLICE)
        return [tuple(str(row.siblingAtColumn(c).data()) for c in columns) for row in self.rows()]  # type: ignore[misc]

    def selected(self) -> tuple[Finding, ...]:
        """Return the findings whose rows are selected."""
        found = (self._rows.finding_at(index) for index in self.selectionModel().selectedRows())
        return tuple(finding for finding in found if finding is not None)

    def chosen_run(self) -> FindingRun | None:
        """Return the run of the current row."""
        index = self.currentIndex()
        return self._rows.run_at(index) if index.isValid() else None

    def judge(self, status: Status) -> None:
        """Accept or reject what is selected, as one step that can be undone."""
        if self.study is not None:
            judge_findings(self.study, [finding.uid for finding in self.selected()], status)

    def remove(self) -> None:
        """Delete what is selected."""
        if self.study is not None:
            remove_findings(self.study, [finding.uid for finding in self.selected()])

    def remove_run(self) -> None:
        """Delete all that the current row's run has found, also what the threshold hides."""
        study, run = self.study, self.chosen_run()
        if study is not None and run is not None:
            remove_findings(study, [finding.uid for finding in study.findings if finding.run_uid == run.uid])

    def jump(self) -> None:
        """Show what is selected in all panes."""
        study, chosen = self.study, self.selected()
        if study is not None and chosen:
            jump_to_finding(self._session, study, chosen[0])

    def step(self, step: int) -> bool:
        """Go to the next listed finding that nobody has judged, -1 to the one before; False where there is none."""
        study, listed = self.study, self._rows.in_order()
        if study is None or not listed:
            return False
        uids = [finding.uid for finding in listed]
        chosen = finding_view(study).selected_uid
        here = uids.index(chosen) if chosen in uids else (-1 if step > 0 else 0)
        following = (listed[(here + step * away) % len(listed)] for away in range(1, len(listed) + 1))
        found = next((finding for finding in following if finding.status == "proposed"), None)
        if found is not None:
            self.setCurrentIndex(self._rows.place_of(found.uid))
            self._choose(self.currentIndex())  # also where it was the current row, and another was taken in a pane
        return found is not None

    def _build(self) -> None:
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setExpandsOnDoubleClick(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # a run's heading ends with what is left to do
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(tr("Findings"))
        self.setSortingEnabled(True)
        self.sortByColumn(SCORE, Qt.SortOrder.DescendingOrder)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(20)
        header.setResizeContentsPrecision(0)  # of what is seen: of thousands of rows nobody waits for the rest
        header.setSectionResizeMode(STATUS, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(STATUS, _STATUS_PX)
        for column in (SCORE, SIZE, SLICE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.clicked.connect(self._clicked)
        self.selectionModel().currentRowChanged.connect(self._choose)
        self.expanded.connect(self._note_folds)
        self.collapsed.connect(self._note_folds)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)

    def _unfold(self) -> None:
        """Let runs be open as a person has left them, new ones open."""
        for number in range(self._rows.rowCount()):
            index = self._rows.index(number, 0)
            self.setFirstColumnSpanned(number, QModelIndex(), True)
            self.setExpanded(index, self._rows.run_at(index).uid not in self._folded)

    def _fit_columns(self) -> None:
        """Leave out a column that tells nothing of any finding, and the size where the name would have no room."""
        is_narrow = self.viewport().width() < _WIDE * self.fontMetrics().horizontalAdvance("0")
        listed = self._rows.in_order()
        self.setColumnHidden(SIZE, is_narrow or all(sort_key(finding, SIZE) < 0 for finding in listed))
        self.setColumnHidden(SLICE, bool(listed) and all(sort_key(finding, SLICE) < 0 for finding in listed))

    def _note_folds(self, index: QModelIndex) -> None:
        if self._is_following:
            return
        change = self._folded.discard if self.isExpanded(index) else self._folded.add
        change(self._rows.run_at(index).uid)

    def _mark_selected(self, study: Study) -> None:
        uid = finding_view(study).selected_uid
        wanted = self._rows.place_of(uid) if uid else QModelIndex()
        if not wanted.isValid():
            is_finding = self._rows.finding_at(self.currentIndex()) if self.currentIndex().isValid() else None
            if is_finding is not None:
                self.setCurrentIndex(QModelIndex())
        elif self.currentIndex().siblingAtColumn(0) != wanted:
            self.setCurrentIndex(wanted)
            self.scrollTo(wanted)

    def _choose(self, index: QModelIndex, _before: QModelIndex | None = None) -> None:
        if self.study is None or not index.isValid() or self._is_following:
            return
        found = self._rows.finding_at(index)
        finding_view(self.study).select(found.uid if found is not None else "")
        if found is not None:
            jump_to_finding(self._session, self.study, found)

    def _clicked(self, index: QModelIndex) -> None:
        """Fold or unfold a run, or go to a finding again."""
        if self._rows.finding_at(index) is None:
            self.setExpanded(index.siblingAtColumn(0), not self.isExpanded(index.siblingAtColumn(0)))
        else:
            self.jump()

    def _ask_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if index.isValid():
            if not self.selectionModel().isSelected(index):
                self.setCurrentIndex(index)
            self.menu_wanted.emit(self.viewport().mapToGlobal(position))

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "studies", "findings"}:
            self.refresh()

    # Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the current row in sight, and the columns that there is room for."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())
        self._fit_columns()

    def event(self, event: QEvent) -> bool:
        """Keep the list's own keys from the window's commands, which have some of them, too."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Judge, delete or show what is selected; on a run fold, unfold or delete it."""
        run = self.chosen_run() if not self.selected() else None
        if not _is_own(event):
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_A, Qt.Key.Key_X):
            self.judge("accepted" if event.key() == Qt.Key.Key_A else "rejected")
        elif run is not None:
            self.remove_run() if event.key() == Qt.Key.Key_Delete else self._clicked(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete:
            self.remove()
        else:
            self.jump()


def _is_own(event: QKeyEvent) -> bool:
    plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
    return plain and event.key() in _KEYS
