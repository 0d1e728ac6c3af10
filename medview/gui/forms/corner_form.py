"""Chooses which lines stand in which corner of a pane."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medview.errors import Sentence
from medview.gui.forms.row_button import row_button
from medview.gui.language import say, tr
from medview.session.choose_corner_text import keep_corners
from medview.session.session import Session
from medview.view.corner_fields import FIELDS
from medview.view.corner_set import CORNERS, Corner, CornerSet, shipped_corners

_UNUSED = "unused"
_TITLES = {
    "top_left": Sentence("Top left"),
    "top_right": Sentence("Top right"),
    "bottom_left": Sentence("Bottom left"),
    "bottom_right": Sentence("Bottom right"),
    _UNUSED: Sentence("Not shown"),
}
_PLACES: dict[str, tuple[int, int]] = {
    "top_left": (0, 0),
    "top_right": (0, 2),
    "bottom_left": (1, 0),
    "bottom_right": (1, 2),
}
_LIST_LINES = 8


class CornerForm(QDialog):
    """Five lists, one a corner and one of what is not shown; lines are dragged, or moved by the buttons."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Corner text"))
        self._session = session
        layout = QVBoxLayout(self)
        note = QLabel(
            tr("Drag the lines to where they are to stand. What an image is misread without is always there."), self
        )
        note.setTextFormat(Qt.TextFormat.PlainText)
        note.setWordWrap(True)
        layout.addWidget(note)
        self.lists = {name: self._list(name) for name in (*CORNERS, _UNUSED)}
        layout.addLayout(self._grid())
        layout.addLayout(self._movers())
        choice = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(choice.Ok | choice.Cancel | choice.RestoreDefaults, self)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.buttons.button(choice.RestoreDefaults).setText(tr("As shipped"))
        self.buttons.button(choice.RestoreDefaults).clicked.connect(lambda: self._show(shipped_corners()))
        layout.addWidget(self.buttons)
        self._show(CornerSet.chosen(session.settings["corner_text"]))

    def chosen(self) -> CornerSet:
        """Return what stands where now."""
        return CornerSet(**{corner: tuple(self._names(corner)) for corner in CORNERS})

    def accept(self) -> None:
        """Remember it; what is as shipped follows later versions."""
        chosen, shipped = self.chosen(), shipped_corners()
        changed: dict[Corner, tuple[str, ...]] = {c: chosen.of(c) for c in CORNERS if chosen.of(c) != shipped.of(c)}
        keep_corners(self._session, changed)
        super().accept()

    def move_to(self, name: str) -> None:
        """Move the line that is chosen to the end of a list."""
        source = self._list_in_use()
        target = self.lists[name]
        if source is None or source is target:
            return
        item = source.takeItem(source.currentRow())
        target.addItem(item)
        target.setCurrentItem(item)
        target.setFocus()

    def move_by(self, steps: int) -> None:
        """Move the line that is chosen up or down in its list."""
        source = self._list_in_use()
        if source is None:
            return
        place = source.currentRow()
        item = source.takeItem(place)
        source.insertItem(min(max(place + steps, 0), source.count()), item)
        source.setCurrentItem(item)

    def _list(self, name: str) -> QListWidget:
        made = QListWidget(self)
        made.setObjectName(name)
        made.setAccessibleName(say(_TITLES[name]))
        made.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        made.setDefaultDropAction(Qt.DropAction.MoveAction)
        made.setMinimumHeight(_LIST_LINES * (self.fontMetrics().height() + 6))
        made.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 26)
        made.itemSelectionChanged.connect(lambda: self._take_over(made))
        return made

    def _take_over(self, chosen: QListWidget) -> None:
        """Let only one list have a chosen line."""
        if chosen.selectedItems():
            for other in self.lists.values():
                if other is not chosen:
                    other.clearSelection()

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        for name, (row, column) in _PLACES.items():
            grid.addLayout(self._titled(name), row, column)
        grid.addLayout(self._titled(_UNUSED), 0, 1, 2, 1)
        return grid

    def _titled(self, name: str) -> QVBoxLayout:
        column = QVBoxLayout()
        column.addWidget(QLabel(say(_TITLES[name]), self))
        column.addWidget(self.lists[name])
        return column

    def _movers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("Move the chosen line:"), self))
        for name, title in _TITLES.items():
            row_button(self, row, say(title)).clicked.connect(lambda _=False, name=name: self.move_to(name))
        row_button(self, row, tr("Up")).clicked.connect(lambda: self.move_by(-1))
        row_button(self, row, tr("Down")).clicked.connect(lambda: self.move_by(1))
        row.addStretch(1)
        return row

    def _list_in_use(self) -> QListWidget | None:
        return next((found for found in self.lists.values() if found.selectedItems()), None)

    def _names(self, name: str) -> list[str]:
        found = self.lists[name]
        return [str(found.item(row).data(Qt.ItemDataRole.UserRole)) for row in range(found.count())]

    def _show(self, corners: CornerSet) -> None:
        used = {name for corner in CORNERS for name in corners.of(corner)}
        rows = {corner: corners.of(corner) for corner in CORNERS} | {_UNUSED: tuple(n for n in FIELDS if n not in used)}
        for place, names in rows.items():
            self.lists[place].clear()
            for name in names:
                item = QListWidgetItem(say(FIELDS[name].title))
                item.setData(Qt.ItemDataRole.UserRole, name)
                self.lists[place].addItem(item)
