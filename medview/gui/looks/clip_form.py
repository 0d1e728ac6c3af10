"""The sliders of the clip box and the clip plane."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from medview.gui.language import tr
from medview.imaging.clipping import Clipping
from medview.imaging.orientation import letters
from medview.study.geometry import Geometry

_STEPS = 1000
_SIDES = {
    "A": "From the front",
    "P": "From behind",
    "L": "From the left",
    "R": "From the right",
    "H": "From the head",
    "F": "From the feet",
}


class ClipForm(QWidget):
    """Two sliders for each axis of the volume, named by the patient's side they take away, and one for the plane.

    Signals: `changed(Clipping)` at each step; `settled` when a change is whole; `plane_wanted`, `plane_turned`,
    `reset_wanted` for the buttons.
    """

    changed = Signal(object)
    settled = Signal()
    plane_wanted = Signal()
    plane_turned = Signal()
    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._geometry: Geometry | None = None
        self._clipping: Clipping | None = None
        self.faces: dict[tuple[int, int], QSlider] = {}
        self._names: dict[tuple[int, int], QLabel] = {}
        self._amounts: dict[tuple[int, int], QLabel] = {}
        grid = QGridLayout()
        for row, (axis, end) in enumerate((axis, end) for axis in range(3) for end in (0, 1)):
            self._add_face(grid, row, axis, end)
        self.plane = self._slider()
        self.plane.valueChanged.connect(self._move_plane)
        grid.addWidget(QLabel(tr("Clip plane"), self), 6, 0)
        grid.addWidget(self.plane, 6, 1)
        self.plane_button = QPushButton(tr("Plane through the crosshair"), self)
        self.plane_button.clicked.connect(self.plane_wanted)
        self.turn_button = QPushButton(tr("Other side"), self)
        self.turn_button.clicked.connect(self.plane_turned)
        self.reset_button = QPushButton(tr("Show the whole volume"), self)
        self.reset_button.clicked.connect(self.reset_wanted)
        buttons = QHBoxLayout()
        for button in (self.plane_button, self.turn_button, self.reset_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addLayout(grid)
        layout.addLayout(buttons)
        layout.addStretch(1)

    def show_clipping(self, clipping: Clipping | None, geometry: Geometry | None) -> None:
        """Show what is clipped of a volume; None of both where there is none."""
        self._geometry, self._clipping = geometry, clipping
        self.setEnabled(geometry is not None)
        if geometry is None:
            return
        shown = clipping or Clipping.whole(geometry)
        for (axis, end), slider in self.faces.items():
            self._show_face(axis, end, slider, shown, geometry)
        has_plane = clipping is not None and clipping.plane is not None
        self.plane.setEnabled(has_plane)
        self.turn_button.setEnabled(has_plane)
        self.reset_button.setEnabled(clipping is not None)
        if clipping is not None and clipping.plane is not None:
            with QSignalBlocker(self.plane):
                low, high = self._reach(clipping, geometry)
                place = float(np.array(clipping.plane.point_mm) @ clipping.plane.normal)
                self.plane.setValue(round((place - low) / max(high - low, 1e-9) * _STEPS))

    def _add_face(self, grid: QGridLayout, row: int, axis: int, end: int) -> None:
        slider = self.faces[axis, end] = self._slider()
        slider.valueChanged.connect(partial(self._move_face, axis, end))
        self._names[axis, end], self._amounts[axis, end] = QLabel(self), QLabel(self)
        self._amounts[axis, end].setMinimumWidth(self.fontMetrics().horizontalAdvance("0000.0 mm"))
        self._amounts[axis, end].setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column, widget in enumerate((self._names[axis, end], slider, self._amounts[axis, end])):
            grid.addWidget(widget, row, column)

    def _slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, _STEPS)
        slider.sliderReleased.connect(self.settled)
        return slider

    def _show_face(self, axis: int, end: int, slider: QSlider, clipping: Clipping, geometry: Geometry) -> None:
        n, spacing = geometry.shape[axis], geometry.spacing_mm[axis]
        index = clipping.box[axis][end]
        taken = index + 0.5 if end == 0 else n - 0.5 - index
        side = letters(geometry.directions[:, axis] * (1 if end else -1))[:1] if geometry.has_orientation else ""
        self._names[axis, end].setText(tr(_SIDES[side]) if side else f"{'zyx'[axis]} {end + 1}")
        unit = "mm" if geometry.has_spacing else "px"
        self._amounts[axis, end].setText(f"{taken * spacing:.1f} {unit}")
        if not slider.isSliderDown():
            with QSignalBlocker(slider):
                slider.setValue(round(taken / n * _STEPS))

    def _move_face(self, axis: int, end: int, value: int) -> None:
        geometry = self._geometry
        if geometry is None:
            return
        n = geometry.shape[axis]
        taken = value / _STEPS * n
        index = taken - 0.5 if end == 0 else n - 0.5 - taken
        self._tell(
            (self._clipping or Clipping.whole(geometry)).with_face(axis, end, index, geometry), self.faces[axis, end]
        )

    def _move_plane(self, value: int) -> None:
        clipping, geometry = self._clipping, self._geometry
        if clipping is None or clipping.plane is None or geometry is None:
            return
        low, high = self._reach(clipping, geometry)
        normal, point = np.array(clipping.plane.normal), np.array(clipping.plane.point_mm)
        place = low + value / _STEPS * (high - low)
        self._tell(clipping.with_plane(point + normal * (place - point @ normal), normal), self.plane)

    def _tell(self, clipping: Clipping, slider: QSlider) -> None:
        self.changed.emit(clipping)
        if not slider.isSliderDown():  # by a key or the wheel: each step is whole
            self.settled.emit()

    @staticmethod
    def _reach(clipping: Clipping, geometry: Geometry) -> tuple[float, float]:
        """Return where along the normal of the plane the volume begins and ends, in mm."""
        assert clipping.plane is not None
        ends = [np.array((-0.5, n - 0.5)) for n in geometry.shape]
        corners = geometry.to_mm(np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3))
        along = corners @ np.array(clipping.plane.normal)
        return float(along.min()), float(along.max())
