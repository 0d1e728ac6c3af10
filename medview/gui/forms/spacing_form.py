"""The question how large the pixels of a picture are."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QLabel, QWidget

from medview.gui.language import tr

_RANGE_MM = (0.0001, 1000.0)


class SpacingForm(QDialog):
    """Asks for three distances in millimetres, which the images do not hold themselves."""

    def __init__(self, slices: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Pixel spacing"))
        layout = QFormLayout(self)
        note = QLabel(tr("These images hold no millimetres. Give them only where you know them for sure."), self)
        note.setTextFormat(Qt.TextFormat.PlainText)
        note.setWordWrap(True)
        layout.addRow(note)
        self.slice_mm, self.row_mm, self.column_mm = (self._box() for _ in range(3))
        if slices > 1:
            layout.addRow(tr("From picture to picture"), self.slice_mm)
        else:
            self.slice_mm.hide()
        layout.addRow(tr("From row to row"), self.row_mm)
        layout.addRow(tr("From column to column"), self.column_mm)
        self.row_mm.valueChanged.connect(self.column_mm.setValue)  # square pixels are the rule
        choice = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(choice.Ok | choice.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addRow(buttons)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """What was given: (slice, row, column)."""
        return self.slice_mm.value(), self.row_mm.value(), self.column_mm.value()

    def _box(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setDecimals(4)
        box.setRange(*_RANGE_MM)
        box.setValue(1.0)
        box.setSuffix(" mm")
        return box
