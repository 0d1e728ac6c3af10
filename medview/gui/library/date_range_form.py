"""The question between which days studies are wanted."""

from __future__ import annotations

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QDateEdit, QDialog, QDialogButtonBox, QFormLayout, QWidget

from medview.gui.language import tr

_SHOWN = "yyyy-MM-dd"
_STORED = "yyyyMMdd"


class DateRangeForm(QDialog):
    """Asks for a first and a last day; given the wrong way round, they are turned."""

    def __init__(self, first: str, last: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Study date"))
        today = QDate.currentDate()
        self.first = self._day(QDate.fromString(first, _STORED) if first else today.addYears(-1))
        self.last = self._day(QDate.fromString(last, _STORED) if last else today)
        form = QFormLayout(self)
        form.addRow(tr("From"), self.first)
        form.addRow(tr("To"), self.last)
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Ok | standard.Cancel, self)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form.addRow(self.buttons)

    def days(self) -> tuple[str, str]:
        """Return the first and the last day as YYYYMMDD."""
        days = sorted((self.first.date(), self.last.date()), key=lambda day: day.toJulianDay())
        return days[0].toString(_STORED), days[1].toString(_STORED)

    def _day(self, day: QDate) -> QDateEdit:
        field = QDateEdit(day, self)
        field.setDisplayFormat(_SHOWN)
        field.setCalendarPopup(True)
        return field
