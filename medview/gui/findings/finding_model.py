"""The rows of the list of findings: the runs of models, and below each what it has found; texts are made when seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QStandardItem, QStandardItemModel

from medview.gui.findings.finding_cell import HEADINGS, SCORE, SLICE, cell, sort_key
from medview.gui.findings.finding_run import FindingRun
from medview.gui.icon import icon
from medview.gui.language import say
from medview.gui.plain_tip import plain_tip
from medview.gui.theme import theme
from medview.study.finding import Finding

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole


class FindingModel(QStandardItemModel):
    """Runs as rows, and below them their findings, in the order of a column.

    Qt holds empty rows, so that laying out thousands of them asks nothing of Python; what is in a row is told when it
    is seen.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(0, SLICE + 1, parent)
        self._runs: tuple[FindingRun, ...] = ()
        self._rows: dict[str, tuple[int, int]] = {}  # run and row, by the finding's UID
        self._by: tuple[int, bool] = (SCORE, True)  # column, and whether it falls
        self.is_open: Callable[[QModelIndex], bool] = lambda index: True

    def show(self, runs: Iterable[FindingRun]) -> None:
        """Show other findings; where only what is said of them has changed, every row stays where it is."""
        runs = tuple(runs)
        if len(runs) == len(self._runs) and all(a.holds_the_same(b) for a, b in zip(runs, self._runs, strict=True)):
            self._renew(runs)
            return
        self.removeRows(0, self.rowCount())
        self._runs = tuple(self._sorted(run) for run in runs)
        self._number()
        for run in self._runs:
            above = QStandardItem()
            above.setColumnCount(SLICE + 1)
            above.setRowCount(len(run.rows))
            self.appendRow(above)

    def in_order(self) -> tuple[Finding, ...]:
        """Return every finding as listed from the top down."""
        return tuple(finding for run in self._runs for finding in run.rows)

    def finding_at(self, index: Index) -> Finding | None:
        """Return the finding of a row; None for that of a run."""
        above = index.parent()
        return self._runs[above.row()].rows[index.row()] if above.isValid() else None

    def run_at(self, index: Index) -> FindingRun:
        """Return the run of a row, or the one that the row belongs to."""
        above = index.parent()
        return self._runs[above.row() if above.isValid() else index.row()]

    def place_of(self, uid: str, column: int = 0) -> QModelIndex:
        """Return the index of a finding, an invalid one where it is not listed."""
        run, row = self._rows.get(uid, (-1, -1))
        return self.index(row, column, self.index(run, 0)) if run >= 0 else QModelIndex()

    def _renew(self, runs: tuple[FindingRun, ...]) -> None:
        now = {finding.uid: finding for run in runs for finding in run.rows}
        pairs = zip(runs, self._runs, strict=True)
        self._runs = tuple(run.with_rows(now[finding.uid] for finding in old.rows) for run, old in pairs)
        for number, run in enumerate(self._runs):
            above = self.index(number, 0)
            self.dataChanged.emit(above, above)
            if run.rows:
                self.dataChanged.emit(self.index(0, 0, above), self.index(len(run.rows) - 1, SLICE, above))

    def _sorted(self, run: FindingRun) -> FindingRun:
        column, falls = self._by
        return run.with_rows(sorted(run.rows, key=lambda finding: sort_key(finding, column), reverse=falls))

    def _number(self) -> None:
        self._rows = {f.uid: (number, row) for number, run in enumerate(self._runs) for row, f in enumerate(run.rows)}

    # Qt's questions

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Put the findings of each run into the order of a column."""
        self._by = column, order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        kept = [(index, self.finding_at(index)) for index in self.persistentIndexList()]
        self._runs = tuple(self._sorted(run) for run in self._runs)
        self._number()
        for index, finding in kept:
            if finding is not None:
                self.changePersistentIndex(index, self.place_of(finding.uid, index.column()))
        self.layoutChanged.emit()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        """Return what stands above a column."""
        title, tip = HEADINGS[section]
        if role == _ROLE.DisplayRole:
            return say(title)
        return say(tip) if role == _ROLE.ToolTipRole else None

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        """Return what stands in a cell, and how."""
        finding = self.finding_at(index)
        if finding is not None:
            return cell(finding, index.column(), role)
        return self._of_run(self.run_at(index), index, role) if index.column() == 0 else None

    def _of_run(self, run: FindingRun, index: Index, role: int) -> Any:
        if role == _ROLE.DisplayRole:
            return run.text()
        if role == _ROLE.ToolTipRole:
            return plain_tip(run.tip())
        if role == _ROLE.DecorationRole:
            is_open = self.is_open(self.index(index.row(), 0))
            return icon("chevron-down" if is_open else "chevron-right", theme().dim)
        if role == _ROLE.FontRole:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None
