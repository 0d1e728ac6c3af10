"""The question how studies join the library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QRadioButton, QVBoxLayout, QWidget

from medview.gui.language import tr
from medview.gui.marked_text import marked_text
from medview.session.settings import Settings

_NAMED = 4


class ImportForm(QDialog):
    """Asks whether files are copied or linked, and remembers the answer."""

    def __init__(self, paths: Sequence[Path], settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle(tr("Import into the library"))
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        names = [marked_text(path.name or str(path), 60) for path in paths[:_NAMED]]
        if len(paths) > _NAMED:
            names.append(tr("{count} more", count=len(paths) - _NAMED))
        heading = self._label("\n".join(names))
        heading.setObjectName("subheading")
        layout.addWidget(heading)
        self.link = QRadioButton(tr("Link in place"), self)
        self.copy = QRadioButton(tr("Copy into the library"), self)
        for button, text in (
            (self.link, tr("Files stay where they are. For folders and disks that remain connected.")),
            (self.copy, tr("Files are copied to this computer. For CDs, memory sticks and archives.")),
        ):
            layout.addWidget(button)
            note = self._label(text)
            note.setObjectName("dim")
            note.setContentsMargins(26, 0, 0, 0)
            layout.addWidget(note)
        is_archive = any(path.suffix.lower() == ".zip" for path in paths)
        self.link.setEnabled(not is_archive)  # what an archive holds can only be copied
        (self.copy if settings["import_copies"] or is_archive else self.link).setChecked(True)
        layout.addSpacing(4)
        self.opens = QCheckBox(tr("Show the images when they are imported"), self)
        self.opens.setChecked(bool(settings["import_opens"]))
        layout.addWidget(self.opens)
        note = self._label(tr("Originals are only read, never changed or deleted."))
        note.setObjectName("dim")
        layout.addWidget(note)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.go = buttons.addButton(tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 56)

    def accept(self) -> None:
        """Remember the answers."""
        if self.link.isEnabled():
            self._settings["import_copies"] = self.copy.isChecked()
        self._settings["import_opens"] = self.opens.isChecked()
        super().accept()

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label
