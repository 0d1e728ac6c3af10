"""A plot in the colours of the theme."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QColor

from medview.gui.theme import theme


def dress_plot(plot: Any) -> None:
    """Give a pyqtgraph PlotWidget the theme's ground, axes and a faint grid; numbers keep their own unit."""
    plot.setBackground(QColor(theme().panel))
    for name in ("left", "bottom"):
        axis = plot.getAxis(name)
        axis.setPen(QColor(theme().border))
        axis.setTextPen(QColor(theme().text))
        axis.enableAutoSIPrefix(False)
    plot.showGrid(x=True, y=True, alpha=0.18)
