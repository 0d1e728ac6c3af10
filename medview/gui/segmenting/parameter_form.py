"""A form made from the options that a plugin's manifest declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QLabel, QSpinBox, QWidget

from medview.gui.language import tr
from medview.gui.plain_tip import plain_tip
from medview.plugin.contract import Parameter

if TYPE_CHECKING:
    from medview.plugin.manifest.parameter_record import ParameterRecord

_WIDEST_INT = 2**31 - 1
_WIDEST_FLOAT = 1e9


class ParameterForm(QWidget):
    """One row for each option; shows the defaults at first."""

    changed = Signal()

    def __init__(self, parameters: tuple[ParameterRecord, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._read: dict[str, Callable[[], Parameter]] = {}
        rows = QFormLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for parameter in parameters:
            self._add(rows, parameter)

    def values(self) -> dict[str, Parameter]:
        """Return what the person has chosen, by the option's id."""
        return {name: read() for name, read in self._read.items()}

    def _add(self, rows: QFormLayout, parameter: ParameterRecord) -> None:
        editor = _EDITORS[parameter.type](self, parameter)
        editor.setObjectName(parameter.id)
        editor.setMinimumHeight(self.fontMetrics().height() + 12)
        label = tr(parameter.label)
        editor.setAccessibleName(label)
        for widget in (editor, caption := QLabel(label, self)):
            widget.setToolTip(plain_tip(tr(parameter.help) if parameter.help else label))
        if isinstance(editor, QCheckBox):
            editor.setText(label)
            caption.deleteLater()
            rows.addRow(editor)
        else:
            rows.addRow(caption, editor)

    def _check_box(self, parameter: ParameterRecord) -> QWidget:
        box = QCheckBox(self)
        box.setChecked(bool(parameter.default))
        box.toggled.connect(self.changed)
        self._read[parameter.id] = box.isChecked
        return box

    def _int_box(self, parameter: ParameterRecord) -> QWidget:
        box = QSpinBox(self)
        low, high = parameter.minimum, parameter.maximum
        box.setRange(int(low) if low is not None else -_WIDEST_INT, int(high) if high is not None else _WIDEST_INT)
        box.setValue(int(parameter.default))
        box.valueChanged.connect(self.changed)
        self._read[parameter.id] = box.value
        return box

    def _float_box(self, parameter: ParameterRecord) -> QWidget:
        box = QDoubleSpinBox(self)
        low, high = parameter.minimum, parameter.maximum
        box.setDecimals(3)
        box.setRange(low if low is not None else -_WIDEST_FLOAT, high if high is not None else _WIDEST_FLOAT)
        box.setSingleStep((high - low) / 20 if low is not None and high is not None else 0.1)
        box.setValue(float(parameter.default))
        box.valueChanged.connect(self.changed)
        self._read[parameter.id] = box.value
        return box

    def _choice_box(self, parameter: ParameterRecord) -> QWidget:
        box = QComboBox(self)
        for choice in parameter.choices:
            box.addItem(tr(choice.label), choice.value)
        box.setCurrentIndex(max(0, box.findData(str(parameter.default))))
        box.currentIndexChanged.connect(self.changed)
        self._read[parameter.id] = lambda: str(box.currentData())
        return box


_EDITORS: dict[str, Callable[[ParameterForm, ParameterRecord], QWidget]] = {
    "bool": ParameterForm._check_box,
    "int": ParameterForm._int_box,
    "float": ParameterForm._float_box,
    "choice": ParameterForm._choice_box,
}
