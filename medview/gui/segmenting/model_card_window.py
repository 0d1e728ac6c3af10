"""What is known of a model, to be read: trained on what, measured how, where it fails; and its whole README."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QFont, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTabWidget, QTextBrowser, QVBoxLayout, QWidget

from medview.gui.language import tr
from medview.plugin.discovery import Plugin

if TYPE_CHECKING:
    from medview.plugin.manifest.card import Metric
    from medview.plugin.manifest.manifest import Manifest

_SIZE = (620, 640)
_LONGEST = 1 << 18


class _Page(QTextBrowser):
    """Text of others' making: nothing is fetched for it, and no link is followed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)

    def loadResource(self, kind: int, name: QUrl | str) -> None:
        """Load nothing: neither from the network nor from the disk."""


class ModelCardWindow(QDialog):
    """A window of its own that does not block the main one."""

    def __init__(self, plugin: Plugin, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Model card: {name}", name=tr(plugin.manifest.name)))
        self.resize(*_SIZE)
        self.card, self.readme = _Page(self), _Page(self)
        self._write(plugin.manifest)
        tabs = QTabWidget(self)
        tabs.addTab(self.card, tr("In short"))
        text = _readme(plugin)
        if text:
            # of markdown alone: what looks like HTML stays text
            self.readme.document().setMarkdown(text, QTextDocument.MarkdownFeature.MarkdownNoHTML)
            tabs.addTab(self.readme, tr("README"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(tabs)
        layout.addWidget(buttons)

    def _write(self, manifest: Manifest) -> None:
        """Write headings and lines as plain text."""
        cursor = self.card.textCursor()
        plain, bold = QTextCharFormat(), QTextCharFormat()
        bold.setFontWeight(QFont.Weight.DemiBold)
        for heading, lines in card_parts(manifest):
            cursor.insertText(heading + "\n", bold)
            cursor.insertText("\n".join(lines) + "\n\n", plain)
        self.card.moveCursor(cursor.MoveOperation.Start)


def card_parts(manifest: Manifest) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the headings of a model card with their lines."""
    card, licence = manifest.card, manifest.licences
    yield tr(manifest.name) + f" {manifest.version}", (tr(manifest.summary),)
    yield tr("Intended use"), (tr(manifest.intended_use),)
    if card is None:
        yield tr("Model card"), (tr("The plugin brings none: nothing is known of its training or its errors."),)
    else:
        yield tr("Trained on"), (card.trained_on,)
        if card.metrics:
            yield tr("Measured"), tuple(_metric(metric) for metric in card.metrics)
        if card.fails_where:
            yield tr("Fails where"), tuple(f"• {tr(line)}" for line in card.fails_where)
        if card.citation:
            yield tr("Cite"), (card.citation,)
    yield (
        tr("Licences"),
        (
            tr(
                "Code: {code}\nWeights: {weights}\nTrained on: {data}",
                code=licence.code,
                weights=licence.weights,
                data=licence.data,
            ),
        ),
    )


def _metric(metric: Metric) -> str:
    if metric.held_out:
        cases = tr("{count} held-out {count:case|cases}", count=metric.cases)
    else:
        cases = tr("{count} {count:case|cases} it may have been trained on", count=metric.cases)
    value = f"{metric.value:g} {metric.unit}".strip()
    return f"• {metric.name} {value}: {metric.dataset}, {cases} ({metric.source})"


def _readme(plugin: Plugin) -> str:
    try:
        with (plugin.folder / "README.md").open("rb") as file:
            return file.read(_LONGEST).decode("utf-8", errors="replace")
    except OSError:  # most plugins of one's own have none
        return ""
