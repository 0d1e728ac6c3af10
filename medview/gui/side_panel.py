"""A side of the window: a dock without a title bar that can be made wider, not lost."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QScrollArea, QWidget


class SidePanel(QDockWidget):
    """Holds one panel at the left or right side; where the window is low, the panel scrolls."""

    def __init__(self, name: str, content: QWidget, *, scrolls: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)  # QMainWindow.saveState knows docks by it
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.setTitleBarWidget(QWidget(self))
        content.setObjectName("side")
        if not scrolls:
            self.setWidget(content)
            return
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        self.setWidget(scroll)
