"""Measures a screen: how many of its pixels are a millimetre of its glass."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QLabel, QSizePolicy, QWidget

from medview.gui.language import tr
from medview.gui.panes.screen_size import display_size, screen_name
from medview.session.session import Session

_BAR_PX = 400
_END_PX = 14
_INK, _GROUND = QColor(20, 24, 28), QColor(245, 246, 248)


class MeasuredBar(QWidget):
    """A bar of a fixed number of pixels with marked ends, black on white in any theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Leave room beside the ends."""
        return QSize(_BAR_PX + 40, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar in the middle."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), _GROUND)
        left, middle = round((self.width() - _BAR_PX) / 2), self.height() // 2
        for part in (
            QRectF(left, middle - 1, _BAR_PX, 2),
            QRectF(left, middle - _END_PX, 1, 2 * _END_PX),
            QRectF(left + _BAR_PX - 1, middle - _END_PX, 1, 2 * _END_PX),
        ):
            painter.fillRect(part, _INK)
        painter.end()


class ScreenForm(QDialog):
    """Asks how long a bar is on the glass of the screen that the dialog is on."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Measure the screen"))
        self._session = session
        layout = QFormLayout(self)
        note = QLabel(
            tr("Hold a ruler to the screen and type how far apart the two ends of the bar are. What is shown in true "
               "size on this screen is as right as this number."),
            self,
        )  # fmt: skip
        note.setTextFormat(Qt.TextFormat.PlainText)
        note.setWordWrap(True)
        layout.addRow(note)
        self.bar = MeasuredBar(self)
        layout.addRow(self.bar)
        self.length_box = QDoubleSpinBox(self)
        self.length_box.setRange(20.0, 400.0)
        self.length_box.setDecimals(1)
        self.length_box.setSuffix(" mm")
        self.length_box.setValue(_BAR_PX / display_size(self, session.settings).px_per_mm)
        layout.addRow(tr("Length of the bar"), self.length_box)
        choice = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(choice.Ok | choice.Cancel | choice.Reset, self)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.buttons.button(choice.Reset).setText(tr("As the screen says"))
        self.buttons.button(choice.Reset).clicked.connect(self._forget)
        layout.addRow(self.buttons)

    def accept(self) -> None:
        """Remember what was measured on this screen."""
        px_per_mm = _BAR_PX * self.devicePixelRatioF() / self.length_box.value()
        settings = self._session.settings
        settings["display_px_per_mm"] = {**settings["display_px_per_mm"], screen_name(self.screen()): px_per_mm}
        super().accept()

    def _forget(self) -> None:
        """Believe what the screen tells of itself."""
        settings, name = self._session.settings, screen_name(self.screen())
        settings["display_px_per_mm"] = {n: v for n, v in settings["display_px_per_mm"].items() if n != name}
        self.reject()
