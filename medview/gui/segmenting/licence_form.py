"""The licence of weights, shown before they are fetched or used; nothing is accepted unread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from medview.gui.language import tr
from medview.plugin.discovery import Plugin
from medview.plugin.licence_gate import accept, is_accepted, licence_text

if TYPE_CHECKING:
    from medview.plugin.manifest.weights_record import WeightsRecord

_SIZE = (640, 520)


class LicenceForm(QDialog):
    """Shows the text of a licence whole, with a button that accepts it."""

    def __init__(self, plugin: Plugin, record: WeightsRecord, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Licence of the weights"))
        self.resize(*_SIZE)
        layout = QVBoxLayout(self)
        told = QLabel(self)
        told.setWordWrap(True)
        told.setText(
            tr(
                "{plugin} uses {file}, given under {licence}. Read it; the weights are used only when you accept it.",
                plugin=tr(plugin.manifest.name),
                file=record.file,
                licence=record.licence,
            )
        )
        self.text = QPlainTextEdit(licence_text(plugin, record), self)
        self.text.setReadOnly(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.accept_button = self.buttons.addButton(tr("Accept"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setAutoDefault(False)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        for part in (told, self.text, self.buttons):
            layout.addWidget(part)


def ask_licences(parent: QWidget, plugin: Plugin, records: Iterable[WeightsRecord]) -> bool:
    """Show every licence that was not accepted yet; False where one is not accepted now.

    Raises
    ------
    MedViewError
        A licence has no text: such weights are not used.
    """
    for record in records:
        if is_accepted(plugin, record):
            continue
        form = LicenceForm(plugin, record, parent)
        chosen = form.exec()
        form.deleteLater()
        if not chosen:
            return False
        accept(plugin, record)
    return True
