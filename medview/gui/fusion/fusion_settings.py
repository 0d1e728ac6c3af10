"""What can be set of the way in which two volumes are compared: opacity, tiles, rate, side, width of a difference."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QWidget,
)

from medview.gui.language import tr
from medview.session.fuse import change_fusion
from medview.session.session import Session
from medview.study.fusion import MODES, Fusion
from medview.view.compared_units import common_unit

_DIGITS = 7


class FusionSettings(QWidget):
    """One row for each way of comparing; the one in use is shown."""

    def __init__(self, session: Session, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys are the panes'
        self.opacity.setFixedWidth(80)
        self.opacity.setAccessibleName(tr("Opacity of the second images"))
        self.opacity.setToolTip(tr("Opacity of the second images"))
        self.opacity.valueChanged.connect(lambda percent: change_fusion(session, opacity=percent / 100.0))
        self.percent = QLabel(self)
        self.percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %"))
        self.has_threshold = QCheckBox(tr("Only above"), self)
        self.has_threshold.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.has_threshold.toggled.connect(self._set_threshold)
        self.threshold = _box(self, tr("Values up to this one are not drawn"), -1e6, 1e6)
        self.threshold.editingFinished.connect(self._set_threshold)
        self.tile = _box(self, tr("Edge of the tiles"), 2.0, 500.0, " mm")
        self.tile.editingFinished.connect(lambda: change_fusion(session, tile_mm=self.tile.value()))
        self.rate = _box(self, tr("Changes in a second"), 0.2, 10.0, " /s")
        self.rate.editingFinished.connect(lambda: change_fusion(session, flicker_hz=self.rate.value()))
        self.width_box = _box(self, tr("From the strongest blue to the strongest red"), 1e-3, 1e6)
        self.width_box.editingFinished.connect(self._set_width)
        rows = {
            "blend": (self.opacity, self.percent, self.has_threshold, self.threshold),
            "checkerboard": (QLabel(tr("Tiles"), self), self.tile),
            "flicker": (_button(self, actions["fusion_flicker_on"]), self.rate),
            "split": (_button(self, actions["fusion_split_direction"]),),
            "difference": (QLabel(tr("Width"), self), self.width_box),
        }
        self._rows = {mode: _row(rows[mode]) for mode in MODES}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for row in self._rows.values():
            layout.addWidget(row)

    def refresh(self, fusion: Fusion) -> None:
        """Show what is set."""
        for mode, row in self._rows.items():
            row.setVisible(mode == fusion.mode)
        factor = fusion.suv_factor or 1.0
        unit = "SUV" if fusion.suv_factor is not None else fusion.volume.unit
        self.percent.setText(f"{100 * fusion.opacity:.0f} %")
        for widget in (self.opacity, self.has_threshold):
            widget.blockSignals(True)
        self.opacity.setValue(round(100 * fusion.opacity))
        self.has_threshold.setChecked(fusion.threshold is not None)
        for widget in (self.opacity, self.has_threshold):
            widget.blockSignals(False)
        self.threshold.setEnabled(fusion.threshold is not None)
        self.threshold.setSuffix(f" {unit}" if unit else "")
        if fusion.threshold is not None:
            _show(self.threshold, fusion.threshold * factor)
        _show(self.tile, fusion.tile_mm)
        _show(self.rate, fusion.flicker_hz)
        _show(self.width_box, fusion.difference_width)
        scene = self._session.scene
        common = common_unit(scene, fusion) if scene is not None else ""
        self.width_box.setEnabled(bool(common))  # else what both windows show is compared, from nothing to all
        self.width_box.setSuffix(f" {common}" if common else "")

    @property
    def _fusion(self) -> Fusion | None:
        scene = self._session.scene
        return scene.fusion if scene is not None else None

    def _set_threshold(self, *_: object) -> None:
        fusion = self._fusion
        if fusion is None:
            return
        if not self.has_threshold.isChecked():
            change_fusion(self._session, threshold=None)
        elif fusion.threshold is None:  # a tenth of what is seen: what is below colours the whole body
            centre, width = fusion.window
            change_fusion(self._session, threshold=centre - 0.4 * width)
        else:
            typed = self.threshold.value() / (fusion.suv_factor or 1.0)
            if abs(typed - fusion.threshold) > 10.0 ** -self.threshold.decimals() / 2 / (fusion.suv_factor or 1.0):
                change_fusion(self._session, threshold=typed)

    def _set_width(self) -> None:
        change_fusion(self._session, difference_width=self.width_box.value())


def _row(widgets: tuple[QWidget, ...]) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    return row


def _box(parent: QWidget, tip: str, least: float, most: float, suffix: str = "") -> QDoubleSpinBox:
    box = QDoubleSpinBox(parent)
    box.setRange(least, most)
    box.setSuffix(suffix)
    box.setDecimals(1)
    box.setKeyboardTracking(False)
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    box.setFixedWidth(box.fontMetrics().horizontalAdvance("0" * _DIGITS) + 18)
    box.setToolTip(tip)
    box.setAccessibleName(tip)
    return box


def _show(box: QDoubleSpinBox, value: float) -> None:
    """Show a number that nobody is typing, with as many decimals as tell something."""
    if box.hasFocus():
        return
    box.blockSignals(True)
    box.setDecimals(0 if abs(value) >= 100 else (1 if abs(value) >= 10 or value == round(value, 1) else 2))
    box.setValue(value)
    box.blockSignals(False)


def _button(parent: QWidget, action: QAction) -> QToolButton:
    button = QToolButton(parent)
    button.setDefaultAction(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
