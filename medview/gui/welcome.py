"""What the window shows while nothing is open: how to begin."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from medview.gui.icon import icon, icon_pixmap
from medview.gui.language import tr
from medview.gui.theme import theme


class Welcome(QFrame):
    """Invites to open a folder, to drop one here, or to try the demo."""

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        column = QVBoxLayout(self)
        column.setSpacing(14)
        column.addStretch(3)
        picture = QLabel(self)
        picture.setPixmap(icon_pixmap("scroll", 72, theme().line, self.devicePixelRatioF()))
        column.addWidget(picture, 0, Qt.AlignmentFlag.AlignCenter)
        for text, name in (
            (tr("Open images to begin"), "welcome_title"),
            (tr("Drop a folder of DICOM files here, or choose one."), "welcome_text"),
        ):
            label = QLabel(text, self)
            label.setObjectName(name)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        column.addSpacing(6)
        column.addLayout(self._buttons(actions))
        column.addStretch(4)
        column.addWidget(self._foot())
        column.addSpacing(18)

    def _buttons(self, actions: dict[str, QAction]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addStretch()
        for text, name, sign, colour, command in (
            (tr("Open folder…"), "primary", "open-folder", theme().on_accent, "open_folder"),
            (tr("Try the demo"), "secondary", "demo", theme().text, "load_demo"),
        ):
            button = QPushButton(icon(sign, colour), text, self)
            button.setObjectName(name)
            button.clicked.connect(actions[command].trigger)
            row.addWidget(button)
        row.addStretch()
        return row

    def _foot(self) -> QLabel:
        text = tr("Images stay on this computer. For research use; not a medical device.")
        label = QLabel(text, self)
        label.setObjectName("dim")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
        return label
