"""What the mouse does over images, and how they are drawn and played."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QWidget,
)

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.gui.sequence_bar import ORDER_TITLES
from medview.session.cine import FPS_RANGE
from medview.session.reader_name import reader_name
from medview.session.session import Session
from medview.session.settings import DEFAULTS
from medview.tools.magnify import ZOOMS
from medview.tools.toolbox import FLAT_TOOLS

_TOOL_TITLES = {
    "window_level": Sentence("Change window and level"),
    "pan": Sentence("Pan the image"),
    "zoom": Sentence("Zoom the image"),
    "scroll": Sentence("Scroll through the images"),
    "crosshair": Sentence("Move the crosshair"),
}
_WHEEL = {"scroll": Sentence("Scroll, with Ctrl zoom"), "zoom": Sentence("Zoom, with Ctrl scroll")}
_INTERPOLATION = {"linear": Sentence("Smooth"), "nearest": Sentence("Squares")}
_LONGEST_NAME = 190  # characters: reports hold no more, in up to three scripts
_RECORDED = Sentence("As recorded")


class ReadingForm(QDialog):
    """Changes settings of reading at once, when it is accepted. The left button has the tool that is chosen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Mouse and reading"))
        self._settings = session.settings
        self._boxes: dict[str, QWidget] = {}
        layout = QFormLayout(self)
        tools = {name: _TOOL_TITLES[name] for name in FLAT_TOOLS}
        layout.addRow(tr("Middle button"), self._choice("mouse_middle", tools))
        layout.addRow(tr("Right button"), self._choice("mouse_right", tools))
        layout.addRow(tr("Wheel"), self._choice("mouse_wheel", _WHEEL))
        layout.addRow("", self._check("window_drag_inverted", tr("Dragging down makes the image darker")))
        layout.addRow("", self._check("scroll_loops", tr("After the last image comes the first")))
        layout.addRow(tr("Pixels of an image"), self._choice("interpolation", _INTERPOLATION))
        layout.addRow(tr("Magnifier"), self._choice("magnifier_zoom", {zoom: f"{zoom:g}×" for zoom in ZOOMS}))
        layout.addRow(tr("Playing speed"), self._speed())
        layout.addRow(tr("Playing order"), self._choice("cine_order", ORDER_TITLES))
        layout.addRow(tr("Your name in reports"), self._line("reader_name", reader_name(DEFAULTS)))
        choice = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(choice.Ok | choice.Cancel | choice.RestoreDefaults, self)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.buttons.button(choice.RestoreDefaults).setText(tr("As shipped"))
        self.buttons.button(choice.RestoreDefaults).clicked.connect(self._show_shipped)
        layout.addRow(self.buttons)
        self._show({name: self._settings[name] for name in self._boxes})

    def box(self, name: str) -> QWidget:
        """Return the field of a setting."""
        return self._boxes[name]

    def accept(self) -> None:
        """Remember what is chosen."""
        for name, box in self._boxes.items():
            self._settings[name] = _value(box)
        super().accept()

    def _choice(self, name: str, titles: Mapping[Any, Sentence | str]) -> QComboBox:
        box = QComboBox(self)
        for value, title in titles.items():
            box.addItem(say(title) if isinstance(title, Sentence) else title, value)
        self._boxes[name] = box
        return box

    def _check(self, name: str, title: str) -> QCheckBox:
        box = QCheckBox(title, self)
        self._boxes[name] = box
        return box

    def _line(self, name: str, usual: str) -> QLineEdit:
        box = QLineEdit(self)
        box.setMaxLength(_LONGEST_NAME)
        box.setPlaceholderText(usual)
        self._boxes[name] = box
        return box

    def _speed(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setRange(FPS_RANGE[0] - 1.0, FPS_RANGE[1])  # one below the slowest: as recorded
        box.setDecimals(1)
        box.setSuffix(tr(" per second"))
        box.setSpecialValueText(say(_RECORDED))
        self._boxes["cine_fps"] = box
        return box

    def _show_shipped(self) -> None:
        """Show the settings as shipped, but for the person's name, which is nobody's default."""
        self._show({**DEFAULTS, "reader_name": self._settings["reader_name"]})

    def _show(self, values: Mapping[str, Any]) -> None:
        for name, box in self._boxes.items():
            if isinstance(box, QComboBox):
                box.setCurrentIndex(max(box.findData(values[name]), 0))
            elif isinstance(box, QCheckBox):
                box.setChecked(values[name])
            elif isinstance(box, QDoubleSpinBox):
                box.setValue(values[name])
            elif isinstance(box, QLineEdit):
                box.setText(values[name])


def _value(box: QWidget) -> Any:
    if isinstance(box, QComboBox):
        return box.currentData()
    if isinstance(box, QCheckBox):
        return box.isChecked()
    if isinstance(box, QLineEdit):
        return box.text().strip()
    assert isinstance(box, QDoubleSpinBox)
    return box.value()
