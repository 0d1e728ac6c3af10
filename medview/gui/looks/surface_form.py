"""How opaque the surfaces of the segments are in 3D, and how smooth."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from medview.gui.language import tr
from medview.imaging.volume_look import Smoothing, VolumeLook
from medview.study.segmentation import Segment

_SMOOTHINGS: tuple[Smoothing, ...] = ("none", "low", "medium", "high")
_SWATCH_PX = 12


class SurfaceForm(QWidget):
    """A slider for each segment, the smoothing, and whether the tissue is shown.

    Signals: `changed(VolumeLook)` at each step; `settled` when a change is whole.
    """

    changed = Signal(object)
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = VolumeLook()
        self._segments: tuple[Segment, ...] = ()
        self.sliders: dict[int, QSlider] = {}
        self._amounts: dict[int, QLabel] = {}
        self.smoothing = QComboBox(self)
        for text in (tr("As the voxels are"), tr("A little"), tr("Medium"), tr("Very")):
            self.smoothing.addItem(text)
        self.smoothing.currentIndexChanged.connect(self._smooth)
        self.tissue = QCheckBox(tr("Show the tissue around the surfaces"), self)
        self.tissue.toggled.connect(self._show_tissue)
        line = QHBoxLayout()
        line.addWidget(QLabel(tr("Smoothed"), self))
        line.addWidget(self.smoothing)
        line.addStretch(1)
        self._hint = QLabel(tr("No segmentation yet. Run one, or paint with the brush."), self)
        self._hint.setWordWrap(True)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.addLayout(line)
        layout.addWidget(self.tissue)
        layout.addWidget(self._hint, 1)
        layout.addWidget(self._area, 1)

    def show_look(self, look: VolumeLook, segments: tuple[Segment, ...]) -> None:
        """Show the choices for the segments there are."""
        self._look = look
        if segments != self._segments or not self.sliders:
            self._segments = segments
            self._list_segments()
        with QSignalBlocker(self.smoothing), QSignalBlocker(self.tissue):
            self.smoothing.setCurrentIndex(_SMOOTHINGS.index(look.smoothing))
            self.tissue.setChecked(look.tissue_visible)
        for number, slider in self.sliders.items():
            if not slider.isSliderDown():
                with QSignalBlocker(slider):
                    opacity = look.opacity_of(number)
                    slider.setValue(100 if opacity is None else round(opacity * 100))
            opacity = look.opacity_of(number)
            self._amounts[number].setText(tr("automatic") if opacity is None else f"{round(opacity * 100)} %")

    def _list_segments(self) -> None:
        self.sliders, self._amounts = {}, {}
        holder = QWidget(self._area)
        grid = QGridLayout(holder)
        for row, segment in enumerate(self._segments):
            swatch = QPixmap(_SWATCH_PX, _SWATCH_PX)
            swatch.fill(QColor(*segment.colour))
            mark = QLabel(holder)
            mark.setPixmap(swatch)
            slider = self.sliders[segment.number] = QSlider(Qt.Orientation.Horizontal, holder)
            slider.setRange(0, 100)
            slider.setToolTip(tr("Opacity of the surface"))
            slider.valueChanged.connect(partial(self._set_opacity, segment.number))
            slider.sliderReleased.connect(self.settled)
            amount = self._amounts[segment.number] = QLabel(holder)
            amount.setMinimumWidth(self.fontMetrics().horizontalAdvance(tr("automatic")))
            for column, widget in enumerate((mark, QLabel(segment.label, holder), slider, amount)):
                grid.addWidget(widget, row, column)
        grid.setColumnStretch(2, 1)
        grid.setRowStretch(len(self._segments), 1)
        self._area.setWidget(holder)
        self._area.setVisible(bool(self._segments))
        self._hint.setVisible(not self._segments)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)

    def _set_opacity(self, number: int, value: int) -> None:
        self._tell(self._look.with_opacity_of(number, value / 100))
        if not self.sliders[number].isSliderDown():
            self.settled.emit()

    def _smooth(self, place: int) -> None:
        self._tell(replace(self._look, smoothing=_SMOOTHINGS[place]))
        self.settled.emit()

    def _show_tissue(self, visible: bool) -> None:
        self._tell(replace(self._look, tissue_visible=visible))
        self.settled.emit()

    def _tell(self, look: VolumeLook) -> None:
        self._look = look
        self.changed.emit(look)
