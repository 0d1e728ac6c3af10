"""The studies of the library as a table that is read by the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from medview.errors import Sentence
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.library.own_jobs import OwnJobs
from medview.gui.one_line import one_line
from medview.gui.plain_tip import plain_tip
from medview.gui.theme import theme
from medview.library.query import Column, Query
from medview.library.study_row import Status, StudyRow, Where
from medview.progress import Progress
from medview.session.session import Session
from medview.session.use_library import use_library
from medview.study.date_text import date_text
from medview.study.patient_name import patient_name

if TYPE_CHECKING:
    from medview.library.library import Library

Index = QModelIndex | QPersistentModelIndex
PAGE = 200
_TOP = QModelIndex()
TITLES: dict[Column, Sentence] = {
    "patient_name": Sentence("Patient"),
    "patient_id": Sentence("Patient ID"),
    "birth_date": Sentence("Born"),
    "study_date": Sentence("Study date"),
    "modalities": Sentence("Modality"),
    "study_description": Sentence("Description"),
    "series_count": Sentence("Series"),
    "image_count": Sentence("Images"),
    "status": Sentence("Status"),
    "comment": Sentence("Comment"),
    "institution_name": Sentence("Institution"),
    "accession_number": Sentence("Accession number"),
    "size_bytes": Sentence("Size"),
    "added": Sentence("Added"),
    "opened": Sentence("Opened"),
    "where": Sentence("Stored"),
    "files_missing": Sentence("Missing files"),
}
USUAL: tuple[Column, ...] = (
    "patient_name", "patient_id", "study_date", "modalities", "study_description", "series_count", "image_count",
    "status", "comment",
)  # fmt: skip
STATUS_TITLES: dict[Status, Sentence] = {
    "unread": Sentence("Unread"),
    "in progress": Sentence("In progress"),
    "read": Sentence("Read"),
    "to discuss": Sentence("To discuss"),
}
WHERE_TITLES: dict[Where, Sentence] = {
    "copied": Sentence("in the library"),
    "linked": Sentence("linked"),
    "both": Sentence("library and linked"),
}
_TO_THE_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_ROLES = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.DecorationRole,
        Qt.ItemDataRole.ToolTipRole,
    }
)
_RIGHT: set[Column] = {"series_count", "image_count", "size_bytes", "files_missing"}


def size_text(size_bytes: int) -> str:
    """Return a size as a person reads it.

    >>> size_text(1_234_567_890)
    '1.23 GB'
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.3g} {unit}"
    return f"{size_bytes} B"


class StudyTable(QAbstractTableModel):
    """Rows that answer a query, in an order. Pages come from jobs when they are looked at; before, rows are empty."""

    failed = Signal(str)
    answered = Signal()  # the number of rows is known, and the first of them

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._query = Query()
        self._pages: dict[int, tuple[StudyRow, ...]] = {}
        self._texts: dict[tuple[int, Column], str] = {}
        self._asked: set[int] = set()
        self._count = 0
        self._jobs = OwnJobs()
        self.columns: tuple[Column, ...] = _columns(session.settings["library_columns"])
        name, _, way = str(session.settings["library_order"]).partition(" ")
        self.order: Column = next((c for c in TITLES if c == name), "study_date")
        self.descending = way != "asc"

    @property
    def query(self) -> Query:
        """What is asked for."""
        return self._query

    def ask(self, query: Query) -> None:
        """Show the studies that another query asks for; an answer still under way to an older one is dropped."""
        self._query = query
        order, descending = self.order, self.descending

        def work(library: Library, progress: Progress) -> tuple[int, tuple[StudyRow, ...]]:
            progress(0.0)
            return library.count(query), library.search(query, order=order, descending=descending, limit=PAGE)

        self._jobs.replace(use_library(self._session, work, on_done=self._answered, on_failed=self._said_no))

    def choose_columns(self, columns: tuple[Column, ...]) -> None:
        """Show other columns, and remember them."""
        self.beginResetModel()
        self.columns = tuple(c for c in TITLES if c in columns) or USUAL
        self._session.settings["library_columns"] = " ".join(self.columns)
        self.endResetModel()

    def study(self, row: int) -> StudyRow | None:
        """Return the study of a row, None where it has not come yet."""
        page = self._pages.get(row // PAGE, ())
        return page[row % PAGE] if row % PAGE < len(page) else None

    def row_of(self, study_id: int) -> int | None:
        """Return where a study is among the rows that are here."""
        for number, page in self._pages.items():
            for place, study in enumerate(page):
                if study.id == study_id:
                    return number * PAGE + place
        return None

    def release(self) -> None:
        """Ask no more."""
        self._jobs.release()

    def _answered(self, answer: tuple[int, tuple[StudyRow, ...]]) -> None:
        self.beginResetModel()
        self._count, first = answer
        self._pages, self._asked = {0: first}, {0}
        self._texts.clear()
        self.endResetModel()
        self.answered.emit()

    def _said_no(self, error: BaseException) -> None:
        self.failed.emit(str(error))

    def _fetch(self, page: int) -> None:
        """Ask for a page that is looked at."""
        if page in self._asked:
            return
        self._asked.add(page)
        query, order, descending = self._query, self.order, self.descending

        def work(library: Library, _progress: Progress) -> tuple[StudyRow, ...]:
            return library.search(query, order=order, descending=descending, limit=PAGE, offset=page * PAGE)

        take = self._taker(page, query)
        self._jobs.add(use_library(self._session, work, on_done=take, on_failed=self._said_no))

    def _taker(self, page: int, query: Query) -> Callable[[tuple[StudyRow, ...]], None]:
        def take(rows: tuple[StudyRow, ...]) -> None:
            if query is self._query and page in self._asked:
                self._pages[page] = rows
                last = min((page + 1) * PAGE, self._count) - 1
                self.dataChanged.emit(self.index(page * PAGE, 0), self.index(last, len(self.columns) - 1))

        return take

    # Qt's questions

    def rowCount(self, parent: Index = _TOP) -> int:
        """Return how many studies answer the query."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = _TOP) -> int:
        """Return the number of columns shown."""
        return 0 if parent.isValid() else len(self.columns)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, and remember it."""
        if not 0 <= column < len(self.columns):
            return
        chosen, descending = self.columns[column], order == Qt.SortOrder.DescendingOrder
        if (chosen, descending) != (self.order, self.descending):
            self.order, self.descending = chosen, descending
            self._session.settings["library_order"] = f"{chosen} {'desc' if descending else 'asc'}"
            self.ask(self._query)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the titles."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and self.columns[section] in _RIGHT:
            return _TO_THE_RIGHT
        return say(TITLES[self.columns[section]]) if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text, sign or tip of a cell."""
        if role not in _ROLES:  # most of what a view asks while it paints
            return None
        row, place = index.row(), index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _TO_THE_RIGHT if self.columns[place] in _RIGHT else None
        study = self.study(row)
        if study is None:
            self._fetch(row // PAGE)
            return "…" if role == Qt.ItemDataRole.DisplayRole and place == 0 else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(study, self.columns[place])
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(_tip(study, self._text(study, self.columns[place])))
        is_troubled = bool(study.files_missing or study.files_changed)
        return icon("warning", theme().warning) if is_troubled and place == 0 else None

    def _text(self, study: StudyRow, column: Column) -> str:
        """Return the text of a cell, made once for each study that is here."""
        key = study.id, column
        if key not in self._texts:
            visible = bool(self._session.settings["patient_text_visible"])
            self._texts[key] = one_line(cell_text(study, column, patient_visible=visible))
        return self._texts[key]

    def say_again(self) -> None:
        """Make every text anew: what may be read has changed."""
        self._texts.clear()
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, len(self.columns) - 1))


def cell_text(study: StudyRow, column: Column, *, patient_visible: bool) -> str:
    """Return what a table tells of a study in a column."""
    facts, patient = study.facts, study.facts.patient
    if column in ("patient_name", "patient_id", "birth_date") and not patient_visible:
        return tr("hidden")
    texts: dict[Column, Callable[[], str]] = {
        "patient_name": lambda: patient_name(patient.patient_name) or tr("No name"),
        "patient_id": lambda: patient.patient_id,
        "birth_date": lambda: date_text(patient.patient_birth_date),
        "study_date": lambda: date_text(facts.study_date),
        "modalities": lambda: " ".join(study.modalities),
        "study_description": lambda: facts.study_description,
        "series_count": lambda: f"{study.series_count}",
        "image_count": lambda: f"{study.image_count}",
        "status": lambda: say(STATUS_TITLES[study.status]),
        "comment": lambda: study.comment,
        "institution_name": lambda: facts.institution_name,
        "accession_number": lambda: facts.accession_number,
        "size_bytes": lambda: size_text(study.size_bytes),
        "added": lambda: _moment(study.added_s),
        "opened": lambda: _moment(study.opened_s),
        "where": lambda: say(WHERE_TITLES[study.where]),
        "files_missing": lambda: f"{study.files_missing + study.files_changed}" if study.files_missing else "",
    }
    return texts[column]()


def _moment(seconds: float | None) -> str:
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}" if seconds else ""


def _tip(study: StudyRow, text: str) -> str:
    parts = [text]
    if study.object_count:
        parts.append(tr("{count} {count:object|objects} beside images", count=study.object_count))
    if study.files_missing:
        parts.append(
            tr("{count} {count:file is not where it was|files are not where they were}", count=study.files_missing)
        )
    if study.files_changed:
        parts.append(tr("{count} {count:file has|files have} changed", count=study.files_changed))
    if study.unsent_results:
        parts.append(tr("{count} {count:result has|results have} not been exported", count=study.unsent_results))
    if study.is_kept:
        parts.append(tr("copies are kept"))
    return "\n".join(part for part in parts if part)


def _columns(names: str) -> tuple[Column, ...]:
    wanted = names.split()
    return tuple(column for column in TITLES if column in wanted) or USUAL
