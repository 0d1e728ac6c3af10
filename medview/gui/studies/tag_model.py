"""The rows of a header for a tree view."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QFont

from medview.files.tags.tag_row import TagRow, TagTree
from medview.gui.language import tr
from medview.gui.marked_text import marked_text
from medview.gui.plain_tip import plain_tip
from medview.gui.theme import theme

Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()
_PAGE = 400  # rows that a view is told of at once; it asks for more as it is scrolled
_LINE = 300  # letters of a value in the tree
_TIP = 2000
_PATIENT_GROUP = 0x0010


class TagColumn(IntEnum):
    """Columns of the tree."""

    TAG = 0
    VR = 1
    NAME = 2
    VALUE = 3
    OTHER = 4


class TagModel(QAbstractItemModel):
    """A `TagTree` as Qt asks for it: no item is made before it is seen.

    Parameters
    ----------
    patient_visible
        Whether names, and what else is in the patient's group of elements, may be read.
    """

    def __init__(self, *, patient_visible: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._patient_visible = patient_visible
        self._root = TagRow(0, "")
        self._more: dict[int, int] = {}  # rows below a row, by id(), that views know of where that is not one page
        self.compares = False

    def show(self, tree: TagTree | None, *, compares: bool) -> None:
        """Show another header, or a comparison of two."""
        self.beginResetModel()
        self._root = tree.root if tree is not None else TagRow(0, "")
        self._more = {}
        self.compares = compares
        self.endResetModel()

    def row_of(self, index: Index) -> TagRow:
        """Return the row of an index; the root for none."""
        row: TagRow = index.internalPointer() if index.isValid() else self._root
        return row

    def index_of(self, path: tuple[tuple[int, int], ...]) -> QModelIndex:
        """Return the index of a row by its path, an invalid one where it is not here."""
        index = QModelIndex()
        for step in path:
            row = self.row_of(index)
            place = next((n for n, child in enumerate(row.children) if (child.tag, child.number) == step), None)
            if place is None:
                return QModelIndex()
            while place >= self.rowCount(index):
                self.fetchMore(index)
            index = self.index(place, 0, index)
        return index

    def text(self, row: TagRow, column: TagColumn, limit: int = 0) -> str:
        """Return what stands in a column."""
        if column == TagColumn.TAG:
            mark = "≠ " if row.differs and not row.children else ""
            return mark + (tr("Item {number}", number=row.number) if row.is_item else row.label)
        if column == TagColumn.VR:
            return row.vr
        if column == TagColumn.NAME:
            return marked_text(row.name, limit)
        value = row.text if column == TagColumn.VALUE else row.other
        if value is None or (column == TagColumn.VALUE and row.is_missing):
            return tr("not there")
        return self._value(row, value, limit)

    def _value(self, row: TagRow, value: str, limit: int) -> str:
        if not self._patient_visible and (row.vr == "PN" or row.tag >> 16 == _PATIENT_GROUP) and value:
            return tr("hidden")
        if row.vr == "SQ" or (row.children and not row.is_item):
            count = len(row.children)
            return tr("{count} items", count=count) if count != 1 else tr("1 item")
        if row.is_item and not row.is_binary:
            return ""
        if row.is_binary:
            size = tr("{count} bytes", count=f"{row.length:,}") if row.length is not None else ""
            return "  ".join(part for part in (size, f"{value} …" if row.is_cut and value else value) if part)
        shown = marked_text(value, limit)
        return f"{shown}  ({row.meaning})" if row.meaning and value == row.text else shown

    # Qt's questions

    def index(self, row: int, column: int, parent: Index = _TOP) -> QModelIndex:
        """Return the index of a row below another."""
        children = self.row_of(parent).children
        return self.createIndex(row, column, children[row]) if 0 <= row < len(children) else QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]  # Qt has a second parent(), of QObject
        """Return the index of the row above."""
        above = self.row_of(index).parent
        return QModelIndex() if above is None or above is self._root else self.createIndex(above.place, 0, above)

    def rowCount(self, parent: Index = _TOP) -> int:
        """Return how many rows below a row are told so far."""
        if parent.column() > 0:
            return 0
        return self._told(self.row_of(parent))

    def _told(self, row: TagRow) -> int:
        return self._more.get(id(row), min(len(row.children), _PAGE))

    def hasChildren(self, parent: Index = _TOP) -> bool:
        """Whether there are rows below, told or not."""
        return parent.column() <= 0 and bool(self.row_of(parent).children)

    def canFetchMore(self, parent: Index) -> bool:
        """Whether there are rows below that are not told yet."""
        row = self.row_of(parent)
        return self._told(row) < len(row.children)

    def fetchMore(self, parent: Index) -> None:
        """Tell of the next page of rows."""
        row = self.row_of(parent)
        first = self._told(row)
        last = min(first + _PAGE, len(row.children))
        if last > first:
            self.beginInsertRows(parent, first, last - 1)
            self._more[id(row)] = last
            self.endInsertRows()

    def columnCount(self, parent: Index = _TOP) -> int:
        """Return four columns, five in a comparison."""
        return 5 if self.compares else 4

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the titles."""
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        value = tr("First image") if self.compares else tr("Value")
        return (tr("Tag"), "VR", tr("Name"), value, tr("Compared with"))[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text, colour or tip."""
        row, column = self.row_of(index), TagColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column, _LINE)
        if role == Qt.ItemDataRole.ToolTipRole and column >= TagColumn.NAME:
            return plain_tip(self.text(row, column, _TIP))
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(row, column)
        if role == Qt.ItemDataRole.BackgroundRole and row.differs:
            return QBrush(QColor(theme().warning_ground))
        if role == Qt.ItemDataRole.FontRole and row.differs and column >= TagColumn.VALUE:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None

    @staticmethod
    def _colour(row: TagRow, column: TagColumn) -> QBrush | None:
        gone = (row.is_missing and column == TagColumn.VALUE) or (row.other is None and column == TagColumn.OTHER)
        dim = gone or column == TagColumn.VR or row.is_item or (row.is_binary and column >= TagColumn.VALUE)
        return QBrush(QColor(theme().dim)) if dim else None
