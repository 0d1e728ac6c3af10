"""The colours of a second volume: its map, and the values at both ends of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QWidget

from medview.gui.language import tr
from medview.imaging.colour_maps import colour_maps, colour_table
from medview.session.fuse import change_fusion
from medview.session.session import Session
from medview.study.fusion import Fusion

_SWATCH = QSize(44, 12)
_DIGITS = 6
_LETTERS = 9  # of a map's title that are seen; the list shows it whole


class FusionColours(QWidget):
    """A list of colour maps as they look, and the two ends of the window, of PET in SUV."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self.maps = QComboBox(self)
        self.maps.setIconSize(_SWATCH)
        self.maps.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.maps.setMinimumContentsLength(_LETTERS)
        self.maps.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.maps.setAccessibleName(tr("Colours of the second images"))
        self.maps.setToolTip(tr("Colours of the second images"))
        for found in colour_maps():
            self.maps.addItem(swatch(found.id), tr(found.title), found.id)
        self.maps.activated.connect(lambda _: change_fusion(session, colour_map=self.maps.currentData()))
        self.low = self._box(tr("Value of the first colour"))
        self.high = self._box(tr("Value of the last colour"))
        self.unit = QLabel(self)
        self.unit.setObjectName("dim")
        for widget in (self.maps, self.low, QLabel("–", self), self.high, self.unit):
            layout.addWidget(widget)

    def refresh(self, fusion: Fusion) -> None:
        """Show map and window; a difference has colours of its own."""
        self.setEnabled(fusion.mode != "difference")
        self.maps.setCurrentIndex(self.maps.findData(fusion.colour_map))
        self.unit.setText("SUV" if fusion.suv_factor is not None else fusion.volume.unit)
        for box, value in zip((self.low, self.high), self._ends(fusion), strict=True):
            if not (box.hasFocus() or box.lineEdit().isModified()):  # what is being typed is not written over
                box.blockSignals(True)
                box.setDecimals(2 if abs(fusion.window[1] * (fusion.suv_factor or 1.0)) < 20 else 0)
                box.setValue(value)
                box.blockSignals(False)

    def _box(self, tip: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setRange(-1e7, 1e7)
        box.setKeyboardTracking(False)
        box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        box.setAlignment(Qt.AlignmentFlag.AlignRight)
        box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        box.setFixedWidth(box.fontMetrics().horizontalAdvance("0" * _DIGITS) + 14)
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        box.editingFinished.connect(self._typed)
        return box

    @staticmethod
    def _ends(fusion: Fusion) -> tuple[float, float]:
        centre, width = fusion.window
        factor = fusion.suv_factor or 1.0
        return (centre - width / 2) * factor, (centre + width / 2) * factor

    def _typed(self) -> None:
        scene = self._session.scene
        if scene is None or scene.fusion is None:
            return
        fusion = scene.fusion
        for box in (self.low, self.high):
            box.lineEdit().setModified(False)
        low, high = self.low.value(), self.high.value()
        # the boxes round what they show: a window is changed only where a person has typed another number
        before = tuple(round(end, self.low.decimals()) for end in self._ends(fusion))
        if (low, high) != before and high > low:
            factor = fusion.suv_factor or 1.0
            change_fusion(self._session, window=((low + high) / 2 / factor, (high - low) / factor))


def swatch(map_id: str) -> QIcon:
    """Return the colours of a map from left to right."""
    across = np.linspace(0, 255, _SWATCH.width()).astype(np.uint8)
    pixels = np.ascontiguousarray(np.broadcast_to(colour_table(map_id)[across], (_SWATCH.height(), _SWATCH.width(), 3)))
    image = QImage(pixels.data, _SWATCH.width(), _SWATCH.height(), 3 * _SWATCH.width(), QImage.Format.Format_RGB888)
    return QIcon(QPixmap.fromImage(image))
