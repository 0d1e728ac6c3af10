"""A side of the window."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget


class SidePanel(QScrollArea):
    """Holds panels one below the other; where the window is low, they scroll."""

    def __init__(self, *panels: QWidget) -> None:
        super().__init__()
        content = self._content = _Column()
        content.setObjectName("side")
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for panel in panels:
            layout.addWidget(panel, int(panel is panels[-1]))
        self.setObjectName("side")
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)

    def minimumSizeHint(self) -> QSize:
        """Return what shows its panels whole in width, beside a scroll bar: they do not scroll sideways."""
        beside = self._content.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        least = self.fontMetrics().horizontalAdvance("0") * 26
        return QSize(max(least, beside), super().minimumSizeHint().height())


class _Column(QWidget):
    """Asks for the height without which it cannot be read, so that lists shrink before the whole begins to scroll."""

    def minimumSizeHint(self) -> QSize:
        """Return the least size at the present width."""
        least = super().minimumSizeHint()
        return QSize(least.width(), min(least.height(), self.heightForWidth(self.width())))

    def heightForWidth(self, width: int) -> int:
        """Return the least height at a width."""
        layout = self.layout()
        return layout.totalMinimumHeightForWidth(width) if layout is not None else -1
