"""A line of text that may be cut where there is no room; all of it is in the tool tip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QWidget

from medview.gui.plain_tip import plain_tip

_LEAST_LETTERS = 4


class ElidedLabel(QLabel):
    """Shows its `text()` with an ellipsis in place of what does not fit."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show another text."""
        if text != self.text():
            self.setText(text)
            self.setToolTip(plain_tip(text))

    def minimumSizeHint(self) -> QSize:
        """Ask for a few letters: it gives way to what must be seen whole."""
        letters = min(self.fontMetrics().horizontalAdvance("0" * _LEAST_LETTERS), self.sizeHint().width())
        return QSize(letters, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much of the text as fits."""
        inside = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, inside.width())
        flags = QStyle.visualAlignment(self.layoutDirection(), self.alignment()).value
        painter = QPainter(self)
        self.style().drawItemText(
            painter, inside, flags, self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )
        painter.end()
