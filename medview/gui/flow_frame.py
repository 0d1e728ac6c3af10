"""A frame whose widgets go on in the next line where the width does not hold all, like words in a text."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

_MARGINS = (8, 4, 8, 5)  # left, top, right, bottom
_BETWEEN_PX = 10
_LINES_PX = 5


class FlowFrame(QFrame):
    """Lays its own widgets out: each as wide as it likes to be, in lines as high as the highest of them.

    It is no QLayout, since one that is written in Python shares its items with Qt, which deletes them.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widgets: list[QWidget] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def add(self, *widgets: QWidget) -> None:
        """Take widgets at the end."""
        for widget in widgets:
            widget.setParent(self)
            self._widgets.append(widget)

    def lay(self) -> None:
        """Lay the widgets into the width of now; the height follows."""
        left, y, right, bottom = _MARGINS
        for line in self._lines(self.width() - left - right):
            height = max(size.height() for _, size in line)
            x = left
            for widget, size in line:
                widget.setGeometry(QRect(x, y + (height - size.height()) // 2, size.width(), size.height()))
                x += size.width() + _BETWEEN_PX
            y += height + _LINES_PX
        if self.height() != y - _LINES_PX + bottom:
            self.setFixedHeight(y - _LINES_PX + bottom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self.lay()

    def minimumSizeHint(self) -> QSize:
        """Ask for room for the widest one."""
        widths = [size.width() for _, size in self._sized()]
        return QSize(max(widths, default=0) + _MARGINS[0] + _MARGINS[2], self.minimumHeight())

    def sizeHint(self) -> QSize:
        """Ask for no more than that: lines can always be broken."""
        return self.minimumSizeHint()

    def _sized(self) -> list[tuple[QWidget, QSize]]:
        shown = [widget for widget in self._widgets if not widget.isHidden()]
        return [(widget, widget.sizeHint().expandedTo(widget.minimumSizeHint())) for widget in shown]

    def _lines(self, width: int) -> list[list[tuple[QWidget, QSize]]]:
        """Return what stands in each line, with its size."""
        lines: list[list[tuple[QWidget, QSize]]] = []
        x = 0
        for widget, size in self._sized():
            if not lines or x + size.width() > width:
                lines.append([])
                x = 0
            lines[-1].append((widget, size))
            x += size.width() + _BETWEEN_PX
        return lines
