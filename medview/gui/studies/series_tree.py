"""The tree of the study list, whose series can be dragged onto panes."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem, QWidget

from medview.gui.dragged import series_data
from medview.gui.studies.study_card import CardRole
from medview.study.series import Series
from medview.study.study import Study


class SeriesTree(QTreeWidget):
    """A tree of cards (`medview.gui.studies.study_card.CardRole`), from which series that can be shown are dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:  # noqa: N803  Qt's name
        """Drag the series under the mouse, with its picture."""
        item = self.currentItem()
        drag = self.drag_of(item) if item is not None else None
        if drag is not None:
            drag.exec(Qt.DropAction.CopyAction)

    def drag_of(self, item: QTreeWidgetItem) -> QDrag | None:
        """Return the drag of an item; None where it is no series, or one that cannot be shown."""
        parent: QTreeWidgetItem | None = item.parent()
        series = item.data(0, CardRole.OF)
        study = parent.data(0, CardRole.OF) if parent is not None else None
        if not isinstance(series, Series) or not isinstance(study, Study) or series.refusal is not None:
            return None
        drag = QDrag(self)
        drag.setMimeData(series_data(study, series))
        picture = item.data(0, CardRole.THUMBNAIL)
        if isinstance(picture, QPixmap) and not picture.isNull():
            drag.setPixmap(picture)
            drag.setHotSpot(QPoint(picture.width() // 2, picture.height() // 2))
        return drag
