"""Which file of several: a slider with arrows."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from medview.gui.icon import icon
from medview.gui.language import tr


class SliceChooser(QWidget):
    """Chooses one of `count` images; hidden where there is only one."""

    changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.previous = self._button("chevron-up", tr("Previous image"), -1)
        self.next = self._button("chevron-down", tr("Next image"), 1)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setAccessibleName(name)
        self.slider.valueChanged.connect(self._move)
        self.label = QLabel(self)
        self.label.setObjectName("dim")
        for widget in (self.previous, self.next):
            row.addWidget(widget)
        row.addWidget(self.slider, 1)
        row.addWidget(self.label)
        self.set_count(0)

    @property
    def place(self) -> int:
        """The place that is chosen, from 0."""
        return self.slider.value()

    def set_count(self, count: int, place: int = 0) -> None:
        """Choose among another number of images; tells nobody."""
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(count - 1, 0))
        self.slider.setValue(place)
        self.slider.blockSignals(False)
        self.setVisible(count > 1)
        self._tell()

    def _button(self, sign: str, tip: str, step: int) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(sign))
        button.setToolTip(tip)
        button.setAutoRepeat(True)
        button.clicked.connect(lambda: self.slider.setValue(self.slider.value() + step))
        return button

    def _move(self) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        place, count = self.slider.value(), self.slider.maximum() + 1
        self.label.setText(tr("Image {number} of {count}", number=place + 1, count=count))
        self.previous.setEnabled(place > 0)
        self.next.setEnabled(place < count - 1)
