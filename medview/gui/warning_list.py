"""What a person should know of the open files: remarks on series, and files that were left out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medview.errors import Sentence
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.theme import theme
from medview.session.session import Session
from medview.study.series import Series

_LISTED = 2000  # files left out; a folder of other things must not freeze the window


class WarningList(QDialog):
    """A window of its own that does not block the main one."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Warnings and files left out"))
        self.resize(760, 460)
        layout = QVBoxLayout(self)
        self.tree = QTreeWidget(self)
        self.tree.setHeaderHidden(True)
        self.tree.setWordWrap(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAccessibleName(self.windowTitle())
        layout.addWidget(self.tree)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        buttons.button(QDialogButtonBox.StandardButton.Close).setShortcut(QKeySequence("Esc"))
        for study in session.studies:
            for series in study.series:
                self._add_series(series)
        self._add_rejected(session.rejected)
        self.tree.expandAll()

    def _add_series(self, series: Series) -> None:
        if series.refusal is None and not series.warnings:
            return
        number = f"{series.series_number}  " if series.series_number is not None else ""
        top = self._top(f"{number}{series.series_description or series.modality}")
        if series.refusal is not None:
            text = f"{say(series.refusal.message)} {say(series.refusal.remedy)}".strip()
            item = QTreeWidgetItem(top, [text])
            item.setIcon(0, icon("refused", theme().error))
        for warning in series.warnings:
            item = QTreeWidgetItem(top, [say(warning)])
            item.setIcon(0, icon("warning", theme().warning))

    def _add_rejected(self, rejected: tuple[tuple[Path, Sentence], ...]) -> None:
        if not rejected:
            return
        top = self._top(tr("{count} files left out", count=len(rejected)))
        for path, reason in rejected[:_LISTED]:
            item = QTreeWidgetItem(top, [f"{path.name}: {say(reason)}"])
            item.setToolTip(0, str(path))
        if len(rejected) > _LISTED:
            QTreeWidgetItem(top, [tr("{count} more", count=len(rejected) - _LISTED)])

    def _top(self, title: str) -> QTreeWidgetItem:
        top = QTreeWidgetItem(self.tree, [title])
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        top.setFont(0, font)
        return top
