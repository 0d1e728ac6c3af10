"""The findings of a study as a list that can be sorted: judged or not, name, score, size, slice."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.gui.session_watch import SessionWatch
from medview.gui.theme import theme
from medview.session.finding_view import finding_view
from medview.session.judge_findings import judge_findings, remove_findings
from medview.session.jump_to_finding import jump_to_finding
from medview.session.session import Session
from medview.study.finding import Finding, ScoredBox, Status
from medview.study.study import Study
from medview.view.finding_text import STATUS_TITLES, finding_name, score_of, size_text, slice_of

STATUS, NAME, SCORE, SIZE, SLICE = range(5)
_UID = Qt.ItemDataRole.UserRole
_NUMBER = Qt.ItemDataRole.UserRole + 1
_STATUS_PX = 24
_ICONS: dict[Status, str] = {"proposed": "search", "accepted": "check", "rejected": "close", "edited": "brush"}
_KEYS = (Qt.Key.Key_A, Qt.Key.Key_X, Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FindingListView(QTreeWidget):
    """One row a finding. A click or an arrow key goes to it; A accepts, X rejects, Delete deletes what is selected.

    `menu_wanted(point)` asks for what can be done with the rows that are selected.
    """

    menu_wanted = Signal(QPoint)

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: tuple[object, ...] = ()
        self._build()
        watch.changed.connect(self._follow)
        self.refresh()

    @property
    def study(self) -> Study | None:
        """The study in view."""
        scene = self._session.scene
        return scene.study if scene is not None else None

    def refresh(self) -> None:
        """List the findings of now; boxes below the threshold of their run are left out."""
        study = self.study
        listed = () if study is None else tuple(study.findings)
        shown = (study and study.facts.study_instance_uid, listed, theme().name)
        self.blockSignals(True)
        if shown != self._shown:
            self._shown = shown
            self._fill(listed)
        if study is not None:
            for item in self.rows():
                found = study.findings.find(item.data(NAME, _UID))
                item.setHidden(found is not None and _is_below(study, found))
            self._mark_selected(study)
        self.blockSignals(False)

    def rows(self) -> list[QTreeWidgetItem]:
        """Return every row, in the order shown, also those that are hidden."""
        items = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        return [item for item in items if item is not None]

    def selected(self) -> tuple[Finding, ...]:
        """Return the findings whose rows are selected."""
        study = self.study
        if study is None:
            return ()
        found = (study.findings.find(item.data(NAME, _UID)) for item in self.selectedItems() if not item.isHidden())
        return tuple(finding for finding in found if finding is not None)

    def judge(self, status: Status) -> None:
        """Accept or reject what is selected, as one step that can be undone."""
        if self.study is not None:
            judge_findings(self.study, [finding.uid for finding in self.selected()], status)

    def remove(self) -> None:
        """Delete what is selected."""
        if self.study is not None:
            remove_findings(self.study, [finding.uid for finding in self.selected()])

    def jump(self) -> None:
        """Show what is selected in all panes."""
        study, chosen = self.study, self.selected()
        if study is not None and chosen:
            jump_to_finding(self._session, study, chosen[0])

    def _build(self) -> None:
        self.setColumnCount(5)
        self.setHeaderLabels(["", tr("Name"), tr("Score"), "mm", "#"])
        self.headerItem().setToolTip(SIZE, tr("Columns × rows × slices in mm"))
        self.headerItem().setToolTip(SLICE, tr("Image"))
        self.headerItem().setToolTip(SCORE, tr("As the model gives it; no probability unless it says so"))
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(tr("Findings"))
        self.setSortingEnabled(True)
        self.sortByColumn(SCORE, Qt.SortOrder.DescendingOrder)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(STATUS, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(STATUS, _STATUS_PX)
        for column in (SCORE, SIZE, SLICE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.itemClicked.connect(self.jump)
        self.currentItemChanged.connect(self._choose)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)

    def _fill(self, listed: tuple[Finding, ...]) -> None:
        self.clear()
        self.setSortingEnabled(False)
        for finding in listed:
            _Row(self, finding)
        self.setSortingEnabled(True)

    def _mark_selected(self, study: Study) -> None:
        uid = finding_view(study).selected_uid
        wanted = next((item for item in self.rows() if item.data(NAME, _UID) == uid), None) if uid else None
        if wanted is None:
            self.setCurrentIndex(QModelIndex())
        elif self.currentItem() is not wanted:
            self.setCurrentItem(wanted)
            self.scrollToItem(wanted)

    def _choose(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None = None) -> None:
        if self.study is None or item is None:
            return
        finding_view(self.study).select(item.data(NAME, _UID))
        found = self.study.findings.find(item.data(NAME, _UID))
        if found is not None:
            jump_to_finding(self._session, self.study, found)

    def _ask_menu(self, position: QPoint) -> None:
        if self.itemAt(position) is not None:
            self.menu_wanted.emit(self.viewport().mapToGlobal(position))

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "studies", "findings"}:
            self.refresh()

    # Qt's events

    def event(self, event: QEvent) -> bool:
        """Keep the list's own keys from the window's commands, which have some of them, too."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Judge, delete or show what is selected."""
        if not _is_own(event):
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_A, Qt.Key.Key_X):
            self.judge("accepted" if event.key() == Qt.Key.Key_A else "rejected")
        elif event.key() == Qt.Key.Key_Delete:
            self.remove()
        else:
            self.jump()


class _Row(QTreeWidgetItem):
    """A row that sorts by numbers where there are some."""

    def __init__(self, parent: QTreeWidget, finding: Finding) -> None:
        super().__init__(parent)
        self.setData(NAME, _UID, finding.uid)
        self._write(finding)
        name, status = one_line(say(finding_name(finding))), STATUS_TITLES[finding.status]
        self.setIcon(STATUS, icon(_ICONS[finding.status], _colour(finding.status)))
        self.setToolTip(STATUS, say(status))
        self.setData(STATUS, _NUMBER, list(_ICONS).index(finding.status))
        self.setToolTip(NAME, f"{name}\n{tr(finding.title)}\n{say(status)}")
        if finding.status == "rejected":
            font = self.font(NAME)
            font.setStrikeOut(True)
            self.setFont(NAME, font)
            for column in range(NAME, SLICE + 1):
                self.setForeground(column, QBrush(QColor(theme().dim)))

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        column = self.treeWidget().sortColumn()
        if column == NAME:
            return self.text(NAME).casefold() < other.text(NAME).casefold()
        return float(self.data(column, _NUMBER)) < float(other.data(column, _NUMBER))

    def _write(self, finding: Finding) -> None:
        """Write the numbers, and behind each what the row is sorted by."""
        score, number, box = score_of(finding), slice_of(finding), finding.payload
        longest = max(box.size_mm(finding.geometry)) if isinstance(box, ScoredBox) else -1.0
        self.setText(NAME, one_line(say(finding_name(finding))))
        self.setText(SCORE, "" if score is None else f"{score:.2f}")
        self.setData(SCORE, _NUMBER, -1e9 if score is None else score)
        self.setText(SIZE, size_text(finding))
        self.setData(SIZE, _NUMBER, longest)
        self.setText(SLICE, "" if number is None else str(number + 1))
        self.setData(SLICE, _NUMBER, -1 if number is None else number)
        for column in (SCORE, SIZE, SLICE):
            self.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def _is_below(study: Study, finding: Finding) -> bool:
    """Whether a proposal scores below the threshold of its run; what was judged stays on the list."""
    return finding.status == "proposed" and not finding_view(study).shows(finding)


def _is_own(event: QKeyEvent) -> bool:
    plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
    return plain and event.key() in _KEYS


def _colour(status: Status) -> str:
    return {"accepted": theme().fine, "rejected": theme().faint}.get(status, theme().line)
