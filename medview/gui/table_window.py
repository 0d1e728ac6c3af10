"""A table of figures in a window of its own, which can be copied."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medview.gui.following_dialog import FollowingDialog
from medview.gui.language import tr
from medview.gui.links import Links
from medview.gui.swatch import swatch

_SIZE = (760, 420)


class TableWindow(FollowingDialog):
    """One line about the table, the table with its names in the first column, and what copies it.

    Attributes
    ----------
    links
        What the window follows; let go of when it closes, since no signal must reach a window that Qt has destroyed.
    is_open
        Whether it has not been closed.
    """

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.links = Links()
        self.is_open = True
        self._shown: list[list[str]] = []
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(*_SIZE)
        self.about = QLabel(self)
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.about.setWordWrap(True)
        self.table = QTableWidget(0, 0, self)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.setAlternatingRowColors(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(8)
        for widget in (self.about, self.table, self._buttons()):
            layout.addWidget(widget)

    def let_go(self) -> None:
        """Follow nothing any more."""
        self.is_open = False
        self.links.end()

    def fill(
        self, titles: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[tuple[int, int, int]] = ()
    ) -> None:
        """Show these rows and no others; with colours, one stands before the name of each row."""
        self._shown = [list(titles), *map(list, rows)]
        self.table.setColumnCount(len(titles))
        self.table.setRowCount(len(rows))
        for column, title in enumerate(titles):
            self.table.setHorizontalHeaderItem(column, _item(title, column))
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                item = _item(text, column)
                if column == 0 and colours:
                    item.setIcon(swatch(colours[number]))
                self.table.setItem(number, column, item)
        header_view = self.table.horizontalHeader()
        header_view.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        if titles:
            header_view.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        copy = QPushButton(tr("Copy as CSV"), self)
        copy.setAutoDefault(False)
        copy.clicked.connect(self._copy)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        return buttons

    def _copy(self) -> None:
        made = io.StringIO()
        csv.writer(made, lineterminator="\n").writerows(self._shown)
        QGuiApplication.clipboard().setText(made.getvalue())


def _item(text: str, column: int) -> QTableWidgetItem:
    """Return a cell: names to the left, figures to the right."""
    item = QTableWidgetItem(text)
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return item
