"""The window presets of a modality, to be added to, renamed, ordered and deleted."""

from __future__ import annotations

from uuid import uuid4

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medview.errors import MedViewError
from medview.gui.forms.row_button import row_button
from medview.gui.language import tr
from medview.imaging.window_presets import WindowPreset, window_presets
from medview.session import choose_window, own_presets
from medview.session.session import Session
from medview.view.value_text import number_text

_KEYS = 8  # 2 to 9
_NAME, _CENTRE, _WIDTH = 0, 1, 2


class PresetForm(QDialog):
    """A table of the presets of the modality in view, CT where nothing is open; the first eight have keys."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self.modality = session.scene.series.modality if session.scene is not None else "CT"
        self.setWindowTitle(tr("Window presets of {modality}", modality=self.modality))
        layout = QVBoxLayout(self)
        layout.addWidget(self._note())
        self.table = self._make_table()
        layout.addWidget(self.table)
        layout.addLayout(self._movers())
        choice = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(choice.Ok | choice.Cancel | choice.RestoreDefaults, self)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.buttons.button(choice.RestoreDefaults).setText(tr("As shipped"))
        self.buttons.button(choice.RestoreDefaults).clicked.connect(lambda: self._show(window_presets(self.modality)))
        layout.addWidget(self.buttons)
        self._show(own_presets.presets_of(self.modality))

    def presets(self) -> tuple[WindowPreset, ...]:
        """Return what the table holds.

        Raises
        ------
        MedViewError
            A row has no name, or no numbers that make a window.
        """
        return tuple(self._preset(row) for row in range(self.table.rowCount()))

    def accept(self) -> None:
        """Remember the presets; what is wrong is told, and the table stays."""
        try:
            choose_window.keep_presets(self._session, self.modality, self.presets())
        except MedViewError as error:
            self._session.notices.add_error(error)
            return
        super().accept()

    def add(self) -> None:
        """Add the window in view."""
        if self.table.rowCount() >= own_presets.MOST_PRESETS:
            return
        scene = self._session.scene
        centre, width = scene.window if scene is not None else (40.0, 400.0)
        factor = dict(scene.series.suv_factors).get("bw", 1.0) if scene is not None else 1.0
        window = (round(centre * factor, 4), round(width * factor, 4))
        self._add_row(WindowPreset(uuid4().hex, tr("Own window"), window))
        self.table.setCurrentCell(self.table.rowCount() - 1, _NAME)
        self.table.edit(self.table.currentIndex())

    def remove(self) -> None:
        """Delete the row that is chosen."""
        if self.table.currentRow() >= 0:
            self.table.removeRow(self.table.currentRow())
            self._number()

    def move_row(self, steps: int) -> None:
        """Move the row that is chosen up or down."""
        row = self.table.currentRow()
        target = row + steps
        if row < 0 or not 0 <= target < self.table.rowCount():
            return
        for column in range(self.table.columnCount()):
            here, there = self.table.takeItem(row, column), self.table.takeItem(target, column)
            self.table.setItem(row, column, there)
            self.table.setItem(target, column, here)
        self.table.setCurrentCell(target, self.table.currentColumn())
        self._number()

    def _note(self) -> QLabel:
        lines = [tr("The first eight have the keys 2 to 9.")]
        if self.modality == "PT":
            lines.append(tr("Values are SUV by body weight."))
        if not window_presets(self.modality):
            lines.append(tr("None are shipped for these images, whose values have no common scale: add your own."))
        note = QLabel("\n".join(lines), self)
        note.setTextFormat(Qt.TextFormat.PlainText)
        return note

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 3, self)
        table.setHorizontalHeaderLabels([tr("Name"), tr("Level"), tr("Width")])
        table.horizontalHeader().setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setMinimumSize(420, 320)
        return table

    def _movers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.add_button, self.remove_button = (
            row_button(self, row, tr("Add the window in view")),
            row_button(self, row, tr("Delete")),
        )
        self.up_button, self.down_button = row_button(self, row, tr("Up")), row_button(self, row, tr("Down"))
        self.add_button.clicked.connect(self.add)
        self.remove_button.clicked.connect(self.remove)
        self.up_button.clicked.connect(lambda: self.move_row(-1))
        self.down_button.clicked.connect(lambda: self.move_row(1))
        row.addStretch(1)
        return row

    def _show(self, presets: tuple[WindowPreset, ...]) -> None:
        self.table.setRowCount(0)
        for preset in presets:
            self._add_row(preset)

    def _add_row(self, preset: WindowPreset) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        name = QTableWidgetItem(tr(preset.title))
        name.setData(Qt.ItemDataRole.UserRole, (preset.id, preset.title, tr(preset.title)))
        self.table.setItem(row, _NAME, name)
        for column, value in ((_CENTRE, preset.window[0]), (_WIDTH, preset.window[1])):
            item = QTableWidgetItem(number_text(value))
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, column, item)
        self._number()

    def _number(self) -> None:
        """Write the key of each row before it."""
        rows = self.table.rowCount()
        self.table.setVerticalHeaderLabels([str(row + 2) if row < _KEYS else "" for row in range(rows)])

    def _preset(self, row: int) -> WindowPreset:
        index = self.table.model().index
        name, centre, width = (str(index(row, column).data()).strip() for column in range(3))
        preset_id, title, shown = index(row, _NAME).data(Qt.ItemDataRole.UserRole)
        # a name that was not touched stays a key of the translation
        wanted = title if name == shown else name
        try:
            window = (float(centre), float(width))
        except ValueError:
            window = (0.0, 0.0)
        if not wanted or not window[1] > 0:
            raise MedViewError(
                "Row {row} of the presets is no window.", "Give it a name, a level, and a width above 0.", row=row + 1
            )
        return WindowPreset(str(preset_id), wanted, window)
