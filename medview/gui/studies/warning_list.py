"""What a person should know of the open files: remarks on series, and files that were left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from medview.gui.language import say, tr
from medview.gui.marked_text import marked_text
from medview.gui.one_line import one_line
from medview.gui.studies.study_card import study_card
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
        self.page.setHtml("".join((*_studies(session), *_counts(session), *_left_out(session), *_other(session))))
        layout.addWidget(self.page)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def _studies(session: Session) -> Iterator[str]:
    patient_visible = bool(session.settings["patient_text_visible"])
    for number, study in enumerate(session.studies, start=1):
        told = list(dict.fromkeys(text for series in study.series if (text := "".join(_series(series)))))
        if told:
            card = study_card(study, number, patient_visible=patient_visible)
            yield f"<h3>{escape(' · '.join((card.title, *card.lines[-1:])))}</h3>"
        yield from told


def _series(series: Series) -> Iterator[str]:
    """Say what is odd about a series; of the stacks of a 4-D series all say the same."""
    if series.refusal is None and not series.warnings:
        return
    number = f"{series.series_number}  " if series.series_number is not None else ""
    name = one_line(series.series_description) or series.modality or tr("Without a description")
    yield f"<p><b>{escape(number + name)}</b>"
    if series.refusal is not None:
        text = f"{say(series.refusal.message)} {say(series.refusal.remedy)}".strip()
        yield f"<br><span style='color:{theme().error}'>⊘</span> {escape(text)}"
    for warning in series.warnings:
        yield f"<br><span style='color:{theme().warning}'>⚠</span> {escape(say(warning))}"
    yield "</p>"


def _counts(session: Session) -> Iterator[str]:
    """Account for every file that the last scan has looked at."""
    images, other, rejected = session.last_found
    if images + other + rejected:
        text = tr(
            "Files found last: {found} = {images} with images + {other} others + {rejected} left out",
            found=images + other + rejected,
            images=images,
            other=other,
            rejected=rejected,
        )
        yield f"<p style='color:{theme().dim}'>{escape(text)}</p>"


def _left_out(session: Session) -> Iterator[str]:
    rejected = session.rejected
    if not rejected:
        return
    yield f"<h3>{escape(tr('Files left out: {count}', count=len(rejected)))}</h3><p>"
    yield from _files([(path, say(reason)) for path, reason in rejected[:_LISTED]], len(rejected))


def _other(session: Session) -> Iterator[str]:
    """List what lay beside the images: reports, text, copies."""
    other = session.other_files
    if other:
        yield f"<h3>{escape(tr('Files without an image: {count}', count=len(other)))}</h3><p>"
        yield from _files([(path, say(what)) for path, what in other[:_LISTED]], len(other))


def _files(told: Sequence[tuple[Path, str]], count: int) -> Iterator[str]:
    for path, text in told:
        # a name of a file is not always text: what cannot be shown is marked
        name = marked_text(path.name.encode("utf-8", "replace").decode("utf-8"), 200)
        yield f"<b>{escape(name)}</b>: {escape(text)}<br>"
    if count > len(told):
        yield escape(tr("{count} more", count=count - len(told)))
    yield "</p>"
