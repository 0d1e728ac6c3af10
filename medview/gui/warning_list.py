"""What a person should know of the open files: remarks on series, and files that were left out."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.gui.study_card import study_card
from medview.gui.theme import theme
from medview.session.session import Session
from medview.study.series import Series

_LISTED = 2000  # files left out; a folder of other things must not freeze the window


class WarningList(QDialog):
    """A window of its own that does not block the main one; its text can be copied."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Warnings and files left out"))
        self.resize(820, 560)
        layout = QVBoxLayout(self)
        self.page = QTextBrowser(self)
        self.page.setOpenLinks(False)
        self.page.setAccessibleName(self.windowTitle())
        self.page.setHtml("".join((*_studies(session), *_left_out(session))))
        layout.addWidget(self.page)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def _studies(session: Session) -> Iterator[str]:
    patient_visible = bool(session.settings["patient_text_visible"])
    for number, study in enumerate(session.studies, start=1):
        told = [series for series in study.series if series.refusal is not None or series.warnings]
        if told:
            card = study_card(study, number, patient_visible=patient_visible)
            yield f"<h3>{escape(' · '.join((card.title, *card.lines[-1:])))}</h3>"
        for series in told:
            yield from _series(series)


def _series(series: Series) -> Iterator[str]:
    number = f"{series.series_number}  " if series.series_number is not None else ""
    name = one_line(series.series_description) or series.modality or tr("Without a description")
    yield f"<p><b>{escape(number + name)}</b>"
    if series.refusal is not None:
        text = f"{say(series.refusal.message)} {say(series.refusal.remedy)}".strip()
        yield f"<br><span style='color:{theme().error}'>⊘</span> {escape(text)}"
    for warning in series.warnings:
        yield f"<br><span style='color:{theme().warning}'>⚠</span> {escape(say(warning))}"
    yield "</p>"


def _left_out(session: Session) -> Iterator[str]:
    rejected = session.rejected
    if not rejected:
        return
    yield f"<h3>{escape(tr('{count} files left out', count=len(rejected)))}</h3><p>"
    for path, reason in rejected[:_LISTED]:
        yield f"<b>{escape(path.name)}</b>: {escape(say(reason))}<br>"
    if len(rejected) > _LISTED:
        yield escape(tr("{count} more", count=len(rejected) - _LISTED))
    yield "</p>"
