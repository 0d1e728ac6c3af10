"""The further series that a plugin is given: a list of the open ones for each, the obvious one chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QWidget

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.gui.plain_tip import plain_tip
from medview.plugin.discovery import Plugin
from medview.session.further_inputs import Candidate, candidates, obvious_inputs
from medview.session.session import Session
from medview.study.date_text import date_text
from medview.view.fusion_lines import series_name

if TYPE_CHECKING:
    from medview.plugin.manifest.input_record import InputRecord

_MOVING = Sentence("Series to be laid over it")
_SECOND = Sentence("Second series")
_LEAST_LETTERS = 12


class InputForm(QWidget):
    """A row for each further input of a plugin; hidden where it has none.

    What a person has chosen stays as long as it fits; else what is obvious is chosen, which follows the fusion in view.
    """

    changed = Signal()

    def __init__(
        self,
        session: Session,
        plugin: Plugin | None,
        parent: QWidget | None = None,
        wanted: Mapping[str, Candidate | None] = MappingProxyType({}),
    ) -> None:
        super().__init__(parent)
        self._session, self._plugin = session, plugin
        self._listed: dict[str, tuple[Candidate | None, ...]] = {}
        self.wanted = dict(wanted)  # what a person has chosen; None for none
        self._fused: object = None
        self.lists: dict[str, QComboBox] = {}
        rows = QFormLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        if plugin is not None:
            for record in plugin.manifest.series_inputs:
                self._add(rows, plugin, record)
        self.setVisible(bool(self.lists))
        self.refresh()

    def values(self) -> dict[str, Candidate]:
        """Return the series that are chosen, by the input's id."""
        found = ((name, self._listed[name][max(0, box.currentIndex())]) for name, box in self.lists.items())
        return {name: one for name, one in found if one is not None and one.refusal is None}

    def refresh(self) -> None:
        """Offer the series that are open now."""
        if self._plugin is None or not self.lists:
            return
        self._fused = self._fusion_key()
        obvious = obvious_inputs(self._session, self._plugin)
        for record in self._plugin.manifest.series_inputs:
            self._list(self._plugin, record, obvious.get(record.id))

    def follow_fusion(self) -> None:
        """Choose what has been laid over the images in view, where a person has not chosen here."""
        if self.lists and self._fusion_key() is not self._fused:
            self.refresh()
            self.changed.emit()

    def _fusion_key(self) -> object:
        scene = self._session.scene
        return scene.fusion.volume.series if scene is not None and scene.fusion is not None else None

    def _add(self, rows: QFormLayout, plugin: Plugin, record: InputRecord) -> None:
        box = QComboBox(self)
        box.setObjectName(f"input_{record.id}")
        box.setMinimumHeight(self.fontMetrics().height() + 12)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(_LEAST_LETTERS)
        box.setPlaceholderText(tr("No open series fits"))
        label = tr(record.label) if record.label else say(_MOVING if plugin.manifest.task == "register" else _SECOND)
        box.setAccessibleName(label)
        box.activated.connect(lambda number, name=record.id: self._choose(name, number))
        self.lists[record.id] = box
        caption = QLabel(label, self)
        caption.setTextFormat(Qt.TextFormat.PlainText)
        rows.addRow(caption, box)

    def _list(self, plugin: Plugin, record: InputRecord, obvious: Candidate | None) -> None:
        found = candidates(self._session, plugin, record)
        listed: tuple[Candidate | None, ...] = found if record.required else (None, *found)
        box = self.lists[record.id]
        box.clear()
        box.addItems([self._title(one) for one in listed])
        model = box.model()
        assert isinstance(model, QStandardItemModel)
        for number, one in enumerate(listed):
            item = model.item(number)
            item.setEnabled(one is None or one.refusal is None)
            item.setToolTip(plain_tip(self._tip(one)))
        self._listed[record.id] = listed
        self._keep_wanted(record.id, found)
        wanted = self.wanted.get(record.id, obvious)
        able = wanted is None or wanted.refusal is None
        chosen = _place(wanted if able else obvious, listed)
        box.setCurrentIndex(chosen)
        box.setToolTip(plain_tip(self._tip(listed[chosen]) if chosen >= 0 else tr("No open series fits")))

    def _choose(self, name: str, number: int) -> None:
        self.wanted[name] = self._listed[name][number]
        self.lists[name].setToolTip(plain_tip(self._tip(self.wanted[name])))
        self.changed.emit()

    def _title(self, one: Candidate | None) -> str:
        """Return number, modality and description; of another examination its date first."""
        if one is None:
            return tr("None")
        scene = self._session.scene
        is_other = scene is not None and one.study is not scene.study
        date = f"{date_text(one.study.facts.study_date)} · " if is_other and one.study.facts.study_date else ""
        number = f"{one.series.series_number}  " if one.series.series_number is not None else ""
        return one_line(date + number + series_name(one.series))

    def _tip(self, one: Candidate | None) -> str:
        said = (one.refusal, one.remark) if one is not None else ()
        return "\n".join([self._title(one), *(say(sentence) for sentence in said if sentence is not None)])

    def _keep_wanted(self, name: str, found: tuple[Candidate, ...]) -> None:
        """Hold what a person has chosen as it is listed now, and nothing that is no longer open."""
        wanted = self.wanted.get(name)
        if wanted is not None:
            place = _place(wanted, found)
            if place < 0:
                del self.wanted[name]
            else:
                self.wanted[name] = found[place]


def _place(one: Candidate | None, listed: Sequence[Candidate | None]) -> int:
    """Return where a candidate stands in a list, -1 where it does not."""
    return next((number for number, other in enumerate(listed) if _is_same(one, other)), -1)


def _is_same(one: Candidate | None, other: Candidate | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.study is other.study and one.series.key == other.series.key
