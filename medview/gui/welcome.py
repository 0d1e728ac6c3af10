"""What the window shows while nothing is open: how to begin."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from medview.gui.icon import icon, icon_pixmap
from medview.gui.language import tr
from medview.gui.theme import theme
from medview.session.session import Session


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
        self._title = self._label("welcome_title")
        self._text = self._label("welcome_text")
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addSpacing(6)
        column.addLayout(self._buttons(actions))
        column.addStretch(4)
        column.addWidget(self._foot())
        column.addSpacing(18)

    def refresh(self, session: Session) -> None:
        """Say what fits: images are coming, none can be shown, one must be chosen, or how to begin."""
        title, text = _invitation(session)
        self._title.setText(title)
        self._text.setText(text)

    def text(self) -> str:
        """Return what is said."""
        return f"{self._title.text()}\n{self._text.text()}"

    def _label(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
        return label

    def _buttons(self, actions: dict[str, QAction]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addStretch()
        for text, name, sign, colour, command in (
            (tr("Open folder…"), "primary", "open-folder", theme().on_accent, "open_folder"),
            (tr("Library"), "secondary", "library", theme().text, "library"),
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
        label = self._label("dim")
        label.setText(text)
        return label


def _invitation(session: Session) -> tuple[str, str]:
    """Return title and text."""
    if any(job.place == "files" and not job.silent and not job.is_finished for job in session.jobs.jobs):
        return tr("Opening images…"), ""
    if not session.studies:
        return tr("Open images to begin"), tr("Drop folders, files or ZIP archives here, or choose a folder.")
    if not any(study.series for study in session.studies):
        return tr("There is no image among these files"), tr(
            "Reports, masks and other objects are in the study list: double click one. Open their images, too."
        )
    if all(series.refusal is not None for study in session.studies for series in study.series):
        return tr("These images cannot be shown yet"), tr("The study list says why. Drop other images here.")
    return tr("Choose a series"), tr("Double click one in the study list.")
