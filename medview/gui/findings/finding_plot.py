"""A curve of a finding along slices or frames; a click goes to the place under the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from medview.gui.dim_label import dim_label
from medview.gui.dress_plot import dress_plot
from medview.gui.language import tr
from medview.gui.theme import theme

_LEAST_PX = 170


@dataclass(frozen=True, eq=False)
class PlottedCurves:
    """What is plotted.

    Attributes
    ----------
    curves
        Name, colour and values (n,) of each.
    places
        int64 (n,): the slice or frame of each value; empty where there is none.
    marks, levels
        Named places on x, and values on y that are drawn across.
    """

    x: NDArray[np.float64]
    curves: tuple[tuple[str, tuple[int, int, int], NDArray[np.float64]], ...]
    places: NDArray[np.int64]
    x_title: str
    y_title: str
    marks: tuple[tuple[str, float], ...] = ()
    levels: tuple[float, ...] = ()


class FindingPlot(QWidget):
    """Shows curves; `place_wanted(slice or frame)` tells that one was clicked."""

    place_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plotted: PlottedCurves | None = None
        self.plot: Any = None
        self._here: Any = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self.hint = dim_label(tr("Click on the curve to go there."), self)
        self._layout.addWidget(self.hint)

    def show_curves(self, plotted: PlottedCurves) -> None:
        """Plot other curves."""
        import pyqtgraph

        self.plotted = plotted
        if self.plot is None:
            self._build()
        self.plot.clear()
        dress_plot(self.plot)
        self.plot.setLabel("bottom", plotted.x_title, color=theme().text)
        self.plot.setLabel("left", plotted.y_title, color=theme().text)
        for name, colour, values in plotted.curves:
            pen = pyqtgraph.mkPen(QColor(*colour), width=2)
            self.plot.plot(plotted.x, values, pen=pen, name=name, symbol="o", symbolSize=4, symbolBrush=QColor(*colour))
        self._draw_levels(plotted)
        self._here = pyqtgraph.InfiniteLine(angle=90, pen=pyqtgraph.mkPen(QColor(theme().dim), width=1))
        self._here.hide()
        self.plot.addItem(self._here, ignoreBounds=True)
        self.hint.setVisible(len(plotted.places) > 0)

    def show_place(self, place: int) -> None:
        """Mark the slice or frame that is in view."""
        if self.plotted is None or self._here is None:
            return
        at = np.flatnonzero(self.plotted.places == place)
        self._here.setVisible(bool(len(at)))
        if len(at):
            self._here.setPos(float(self.plotted.x[at[0]]))

    def _build(self) -> None:
        import pyqtgraph  # half a second: only where something is plotted

        self.plot = pyqtgraph.PlotWidget(self)
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(False, False)
        self.plot.hideButtons()
        self.plot.setMinimumHeight(_LEAST_PX)
        self.plot.setCursor(Qt.CursorShape.PointingHandCursor)
        self.plot.scene().sigMouseClicked.connect(self._click)
        self._layout.insertWidget(0, self.plot, 1)

    def _draw_levels(self, plotted: PlottedCurves) -> None:
        """Draw thresholds across, and named places upright."""
        import pyqtgraph

        pen = pyqtgraph.mkPen(QColor(theme().warning), width=1, style=Qt.PenStyle.DashLine)
        for level in dict.fromkeys(plotted.levels):
            self.plot.addItem(pyqtgraph.InfiniteLine(pos=level, angle=0, pen=pen))
        for name, x in plotted.marks:
            options = {"color": theme().text, "position": 0.9}
            self.plot.addItem(pyqtgraph.InfiniteLine(pos=x, angle=90, pen=pen, label=tr(name), labelOpts=options))

    def _click(self, event: Any) -> None:
        """Tell which place lies nearest to a click."""
        plotted, view = self.plotted, self.plot.getPlotItem().vb
        if plotted is None or not len(plotted.places) or not view.sceneBoundingRect().contains(event.scenePos()):
            return
        x = float(view.mapSceneToView(event.scenePos()).x())
        self.place_wanted.emit(int(plotted.places[nearest(plotted.x, x)]))


def nearest(x: Sequence[float] | NDArray[np.float64], wanted: float) -> int:
    """Return the place of the value nearest to a wanted one."""
    return int(np.abs(np.asarray(x) - wanted).argmin())
