"""The tree of a header: keeps its place from one image to the next, and asks for more rows as it is scrolled."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from medview.gui.language import tr
from medview.gui.studies.tag_model import TagColumn, TagModel

_AIR_PX = 5  # above and below a row's text together
Path = tuple[tuple[int, int], ...]
_NEAR_END = 40  # rows before the last one told


class TagView(QTreeView):
    """Shows a `TagModel`."""

    copy_wanted = Signal()

    def __init__(self, model: TagModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tags = model
        self._unfolded: set[Path] = set()
        self._follows = True  # whether what is folded and unfolded is a person's wish
        self._current: Path = ()
        self._scrolled = 0
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAllColumnsShowFocus(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAccessibleName(tr("Header"))
        self.setItemDelegate(_AiryRows(self))
        self.setIndentation(14)
        self.setModel(model)
        self._size_columns()
        self.expanded.connect(self._note_unfolded)
        self.collapsed.connect(self._note_folded)
        self._more = QTimer(self)  # after the view is laid out
        self._more.setSingleShot(True)
        self._more.setInterval(0)
        self._more.timeout.connect(self._fetch_what_is_near)
        self.verticalScrollBar().valueChanged.connect(self._more.start)

    def keep_place(self) -> None:
        """Remember row and scroll position, before other rows are shown."""
        current = self.currentIndex()
        if current.isValid():
            self._current = self._tags.row_of(current).path
        self._scrolled = self.verticalScrollBar().value()

    def restore_place(self, *, unfold: bool) -> None:
        """Unfold what was unfolded, or everything, and go back to the row that was chosen."""
        self._follows = False
        if unfold:
            self.expandAll()
        for path in sorted(self._unfolded, key=len):
            index = self._tags.index_of(path)
            if index.isValid():
                self.expand(index)
        self._follows = True
        index = self._tags.index_of(self._current) if self._current else QModelIndex()
        if index.isValid():
            self.setCurrentIndex(index)
        self.verticalScrollBar().setValue(self._scrolled)
        self._size_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let the copy key ask for the whole row: Qt's own copies one cell."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def _size_columns(self) -> None:
        digit = self.fontMetrics().horizontalAdvance("0")
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        widths = {TagColumn.TAG: 22, TagColumn.VR: 5, TagColumn.NAME: 34, TagColumn.VALUE: 34}
        for column, letters in widths.items():
            if header.sectionSize(column) in (header.defaultSectionSize(), 0) or not self.isVisible():
                header.resizeSection(column, digit * letters)

    def _note_unfolded(self, index: QModelIndex) -> None:
        if self._follows:
            self._unfolded.add(self._tags.row_of(index).path)
        self._more.start()

    def _note_folded(self, index: QModelIndex) -> None:
        if self._follows:
            self._unfolded.discard(self._tags.row_of(index).path)

    def _fetch_what_is_near(self) -> None:
        """Let the model tell more of the list whose end is in sight."""
        index = self.indexAt(self.viewport().rect().bottomLeft())
        if not index.isValid():  # all rows fit, or the view is not laid out yet
            index = self._tags.index(self._tags.rowCount() - 1, 0)
            if not self.visualRect(index).isValid() or self.visualRect(index).bottom() > self.viewport().height():
                return
        while index.isValid():
            parent = index.parent()
            if index.row() >= self._tags.rowCount(parent) - _NEAR_END and self._tags.canFetchMore(parent):
                self._tags.fetchMore(parent)
                return
            index = parent


class _AiryRows(QStyledItemDelegate):
    """Makes rows a little higher than their text. A style sheet would do that, too, but paints over differences."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the size of a cell."""
        size = super().sizeHint(option, index)
        return QSize(size.width(), size.height() + _AIR_PX)
