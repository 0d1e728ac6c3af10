"""What is looked for in the library: a line to type in, and filters beside it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QToolButton, QWidget

from medview.errors import Sentence
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.library.date_range_form import DateRangeForm
from medview.gui.library.study_table import STATUS_TITLES
from medview.library.query import Query
from medview.library.study_row import STATUSES
from medview.study.date_text import date_text

_EVERYTHING = Query()
_DELAY_MS = 100
_RANGE = -1
_DATES = (
    (0, Sentence("Any date")),
    (1, Sentence("Today")),
    (7, Sentence("Last 7 days")),
    (31, Sentence("Last month")),
    (366, Sentence("Last year")),
)


class LibraryFilter(QWidget):
    """A row of search field and choices; `changed` comes while one types."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_DELAY_MS)
        self._delay.timeout.connect(self.changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search name, ID, description, comment…"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._delay.start)
        row.addWidget(self.search, 1)
        self._range = ("", "")
        self.dates = self._choice(tr("Study date"), [(say(text), days) for days, text in _DATES])
        self.dates.addItem(tr("Between…"), _RANGE)
        self.dates.activated.connect(self._ask_range)
        self.modality = self._choice(tr("Modality"), [(tr("Any modality"), "")])
        statuses = [(say(STATUS_TITLES[status]), status) for status in STATUSES]
        self.status = self._choice(tr("Status"), [(tr("Any status"), ""), *statuses])
        for choice in (self.dates, self.modality, self.status):
            row.addWidget(choice)
        self.clear = QToolButton(self)
        self.clear.setIcon(icon("clear"))
        self.clear.setToolTip(tr("Clear search and filters"))
        self.clear.clicked.connect(self.reset)
        row.addWidget(self.clear)

    def query(self, start: Query = _EVERYTHING) -> Query:
        """Return what is asked for, added to the question of an album."""
        days: int = self.dates.currentData()
        text = " ".join(part for part in (start.text, self.search.text()) if part)
        return replace(
            start,
            text=text,
            last_days=start.last_days if days in (0, _RANGE) else days,
            date_from=self._range[0] if days == _RANGE else start.date_from,
            date_to=self._range[1] if days == _RANGE else start.date_to,
            modalities=(self.modality.currentData(),) if self.modality.currentData() else start.modalities,
            statuses=(self.status.currentData(),) if self.status.currentData() else start.statuses,
        )

    @property
    def is_empty(self) -> bool:
        """Whether everything is asked for."""
        return self.query() == Query()

    def set_modalities(self, modalities: tuple[str, ...]) -> None:
        """Offer the modalities that are there; the one chosen stays."""
        chosen = self.modality.currentData()
        self.modality.blockSignals(True)
        self.modality.clear()
        self.modality.addItem(tr("Any modality"), "")
        for modality in modalities:
            self.modality.addItem(modality, modality)
        self.modality.setCurrentIndex(max(self.modality.findData(chosen), 0))
        self.modality.blockSignals(False)

    def reset(self) -> None:
        """Ask for everything."""
        self.search.clear()
        for choice in (self.dates, self.modality, self.status):
            choice.setCurrentIndex(0)
        self.changed.emit()

    def release(self) -> None:
        """Ask no more."""
        self._delay.stop()

    def _ask_range(self, place: int) -> None:
        """Ask between which days, where that was chosen; without an answer any day will do."""
        if self.dates.itemData(place) != _RANGE:
            return
        form = DateRangeForm(*self._range, self)
        if form.exec():
            self._range = form.days()
            self.dates.setItemText(place, " – ".join(map(date_text, self._range)))
            self.changed.emit()
        elif not any(self._range):
            self.dates.setCurrentIndex(0)
        form.deleteLater()

    def _choice(self, name: str, entries: list[tuple[str, object]]) -> QComboBox:
        choice = QComboBox(self)
        choice.setAccessibleName(name)
        choice.setToolTip(name)
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for text, data in entries:
            choice.addItem(text, data)
        choice.currentIndexChanged.connect(self.changed)
        return choice
