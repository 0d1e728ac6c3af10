"""The transfer function of the 3D view over the histogram of the volume, to be changed with the mouse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QRectF, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QColorDialog, QMenu, QVBoxLayout, QWidget

from medview.gui.language import tr
from medview.gui.looks.curve_item import STRIP, CurveHandle, CurveItem, height_of
from medview.imaging.transfer_function import TransferFunction
from medview.imaging.value_histogram import ValueHistogram

_OPACITIES = (0.0, 0.01, 0.05, 0.2, 0.5, 1.0)  # written at the side
_MARGIN = 0.06  # of the values' range


class CurveEditor(QWidget):
    """A plot: values to the right, opacity upwards (its root), colours in a strip below.

    Signals: `changed(TransferFunction)` at each step; `settled` when a change is whole.
    """

    changed = Signal(object)
    settled = Signal()

    def __init__(self, function: TransferFunction, window: tuple[float, float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot: Any = pg.PlotWidget(self)
        self.curve = CurveItem(function, window)
        self._bars: Any = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0)
        self._range: tuple[float, float] | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._furnish()
        self.curve.changed.connect(self.changed)
        self.curve.settled.connect(self.settled)
        self.curve.menu_wanted.connect(self._show_menu)
        self._fit()

    def show_function(self, function: TransferFunction, window: tuple[float, float]) -> None:
        """Draw another function, or the same in another window."""
        self.curve.show_function(function, window)

    def show_histogram(self, histogram: ValueHistogram | None, unit: str) -> None:
        """Draw how often each value occurs, and see all values that do; None draws nothing."""
        bars = ([0.0, 1.0], [0.0]) if histogram is None else (histogram.edges, histogram.heights)
        self._bars.setData(*bars)
        self._range = None if histogram is None else (float(histogram.edges[0]), float(histogram.edges[-1]))
        self.plot.setLabel("bottom", unit)
        self._fit()

    def _furnish(self) -> None:
        """Dress the plot in the colours of the window."""
        palette = self.palette()
        ground, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
        item = self.plot.getPlotItem()
        self.plot.setBackground(ground)
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=True, y=False)
        item.setYRange(STRIP[0] - 0.02, 1.04, padding=0)
        side = item.getAxis("left")
        side.setTicks([[(height_of(value), f"{value:g}") for value in _OPACITIES]])
        for axis in (side, item.getAxis("bottom")):
            axis.setPen(text)
            axis.setTextPen(text)
        side.setLabel(tr("Opacity of 1 mm"))
        bars = QColor(palette.color(QPalette.ColorRole.Highlight))
        bars.setAlpha(90)
        self._bars.setPen(None)
        self._bars.setBrush(bars)
        item.addItem(self._bars)
        item.addItem(self.curve, ignoreBounds=True)
        item.getViewBox().sigRangeChanged.connect(self._cover)

    def _fit(self) -> None:
        """See all values, and all points of the function."""
        xs = [at.x() for at in self.curve.places().values()]
        low, high = min(xs), max(xs)
        if self._range is not None:
            low, high = min(low, self._range[0]), max(min(high, 2 * self._range[1]), self._range[1])
        margin = max(high - low, 1e-6) * _MARGIN
        self.plot.getPlotItem().setXRange(low - margin, high + margin, padding=0)

    def _cover(self) -> None:
        (left, right), (bottom, top) = self.plot.getPlotItem().getViewBox().viewRange()
        if np.isfinite((left, right, bottom, top)).all():
            self.curve.cover(QRectF(left, bottom, right - left, top - bottom))

    def _show_menu(self, handle: CurveHandle, at: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(tr("Colour…"), lambda: self.ask_colour(handle))
        menu.addAction(tr("Delete this point"), lambda: self.curve.delete(handle))
        menu.popup(at)

    def ask_colour(self, handle: CurveHandle) -> None:
        """Let a person choose the colour of a point."""
        dialog = QColorDialog(self.curve.colour_of(handle), self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.colorSelected.connect(lambda colour: self.curve.recolour(handle, colour))
        dialog.open()
