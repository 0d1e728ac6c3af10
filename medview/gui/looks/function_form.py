"""The transfer function of the 3D view: its curve, its light, and what is done with it as a whole."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import exp

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from medview.gui.language import tr
from medview.gui.looks.curve_editor import CurveEditor
from medview.imaging.transfer_function import TransferFunction

_STEPS = 200  # of the sliders that move the function, to each side
_LIGHTS = ("ambient", "diffuse", "specular")


class FunctionForm(QWidget):
    """The curve with sliders below.

    Signals: `changed(TransferFunction)` at each step; `settled` when a change is whole; `undo_wanted`, `redo_wanted`,
    `reset_wanted`, `keep_wanted` for the buttons.
    """

    changed = Signal(object)
    settled = Signal()
    undo_wanted = Signal()
    redo_wanted = Signal()
    reset_wanted = Signal()
    keep_wanted = Signal()

    def __init__(self, function: TransferFunction, window: tuple[float, float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._function = function
        self._before: TransferFunction | None = None  # at the press of a slider that moves the whole
        self.editor = CurveEditor(function, window, self)
        self.editor.changed.connect(self._take)
        self.editor.settled.connect(self.settled)
        self.shift, self.spread = self._moving(), self._moving()
        self.lights = {name: self._lighting(name) for name in _LIGHTS}
        titles = (tr("Shift"), tr("Spread"), tr("Ambient light"), tr("Diffuse light"), tr("Highlights"))
        grid = QGridLayout()
        sliders = (self.shift, self.spread, *self.lights.values())
        for place, (title, slider) in enumerate(zip(titles, sliders, strict=True)):
            row, column = (place, 0) if place < 2 else (place - 2, 2)
            grid.addWidget(QLabel(title, self), row, column)
            grid.addWidget(slider, row, column + 1)
        hint = QLabel(tr("Drag the points. Double click: a new point. Right click on a point: colour, delete."), self)
        hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.editor, 1)
        layout.addWidget(hint)
        layout.addLayout(grid)
        layout.addLayout(self._make_buttons())

    def show_function(self, function: TransferFunction, window: tuple[float, float], *, is_changed: bool) -> None:
        """Show another function, or the same after it was changed elsewhere."""
        self._function = function
        self.editor.show_function(function, window)
        self.reset_button.setEnabled(is_changed)
        for name, slider in self.lights.items():
            if not slider.isSliderDown():
                with QSignalBlocker(slider):
                    slider.setValue(round(getattr(function, name) * 100))
                slider.setEnabled(function.blend == "composite")

    def show_steps(self, undo: bool, redo: bool) -> None:
        """Show whether there is something to undo or to do again."""
        self.undo_button.setEnabled(undo)
        self.redo_button.setEnabled(redo)

    def _make_buttons(self) -> QHBoxLayout:
        self.undo_button, self.redo_button = QPushButton(tr("Undo"), self), QPushButton(tr("Redo"), self)
        self.reset_button, self.keep_button = (
            QPushButton(tr("As it came"), self),
            QPushButton(tr("Keep as own look…"), self),
        )
        line = QHBoxLayout()
        for button, signal in (
            (self.undo_button, self.undo_wanted),
            (self.redo_button, self.redo_wanted),
            (self.reset_button, self.reset_wanted),
            (self.keep_button, self.keep_wanted),
        ):
            button.clicked.connect(signal)
            button.setAutoDefault(False)
            line.addWidget(button)
        line.insertStretch(2, 1)
        return line

    def _moving(self) -> QSlider:
        """Return a slider that springs back to its middle."""
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(-_STEPS, _STEPS)
        slider.sliderPressed.connect(self._begin)
        slider.valueChanged.connect(self._move)
        slider.sliderReleased.connect(self._end)
        return slider

    def _lighting(self, name: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, 150)
        slider.valueChanged.connect(partial(self._light, name))
        slider.sliderReleased.connect(self.settled)
        return slider

    def _begin(self) -> None:
        self._before = self._function

    def _move(self) -> None:
        """Shift and spread the function as it was when the slider was pressed."""
        before = self._before or self._function
        points = [value for value, _ in before.opacity] + [row[0] for row in before.colours]
        width = max(points) - min(points) or 1.0
        moved = before.shifted(self.shift.value() / _STEPS * width)
        moved = moved.stretched(exp(self.spread.value() / _STEPS * 1.5), moved.middle)
        self._take(moved)
        if self._before is None:  # by a key or the wheel
            self._end()

    def _end(self) -> None:
        self._before = None
        for slider in (self.shift, self.spread):
            with QSignalBlocker(slider):
                slider.setValue(0)
        self.settled.emit()

    def _light(self, name: str, value: int) -> None:
        function, share = self._function, value / 100
        lit = {
            "ambient": replace(function, ambient=share),
            "diffuse": replace(function, diffuse=share),
            "specular": replace(function, specular=share),
        }
        self._take(lit[name])
        if not self.lights[name].isSliderDown():
            self.settled.emit()

    def _take(self, function: TransferFunction) -> None:
        self._function = function
        self.changed.emit(function)
