"""What the library tells of the study that is chosen: its series with pictures, status and comment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from medview.gui.icon import icon_pixmap
from medview.gui.language import say, tr
from medview.gui.library.own_jobs import OwnJobs
from medview.gui.library.study_table import STATUS_TITLES
from medview.gui.one_line import one_line
from medview.gui.plain_tip import plain_tip
from medview.library.study_row import STATUSES, SeriesRow, StudyRow
from medview.progress import Progress
from medview.session.session import Session
from medview.session.use_library import use_library
from medview.study.date_text import date_text
from medview.study.patient_name import patient_name

if TYPE_CHECKING:
    from medview.library.library import Library

_SIGNS = {
    "SEG": "mask",
    "RTSTRUCT": "outline",
    "RTDOSE": "radio",
    "PR": "window-level",
    "KO": "check",
    "REG": "crosshair",
}
_PICTURE_PX = 80
_SHOWN = 60  # series with pictures; a study with more is opened
Pictured = tuple[SeriesRow, int, bytes | None]  # with the number of places of a 4-D series


class StudyDetails(QWidget):
    """Shows one study, or invites to choose one. What is typed is written when the field is left."""

    changed = Signal()
    open_wanted = Signal(str)  # key of the series

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._study: StudyRow | None = None
        self._jobs = OwnJobs()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addLayout(self._make_head())
        self.series = QListWidget(self)
        self.series.setObjectName("series_strip")
        self.series.setViewMode(QListWidget.ViewMode.IconMode)
        self.series.setFlow(QListWidget.Flow.LeftToRight)
        self.series.setWrapping(False)
        self.series.setMovement(QListWidget.Movement.Static)
        self.series.setIconSize(QSize(_PICTURE_PX, _PICTURE_PX))
        self.series.setWordWrap(True)
        self.series.setSpacing(4)
        self.series.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.series.setAccessibleName(tr("Series of the study"))
        line = self.fontMetrics().height()
        self.series.setFixedHeight(_PICTURE_PX + 3 * line + 34)
        self.series.itemActivated.connect(self._open)
        layout.addWidget(self.series)
        self.show_study(None)

    def show_study(self, study: StudyRow | None) -> None:
        """Show another study; its series come from a job."""
        self._jobs.cancel()
        same = study is not None and self._study is not None and study.id == self._study.id
        self._study = study
        self.title.setText(self._title(study))
        for field in (self.status, self.comment):
            field.setEnabled(study is not None)
        if not (same and self.comment.hasFocus()):
            self.comment.setText(study.comment if study is not None else "")
        self.status.blockSignals(True)
        self.status.setCurrentIndex(max(self.status.findData(study.status) if study is not None else 0, 0))
        self.status.blockSignals(False)
        if not same:
            self.series.clear()
        if study is not None:
            self._ask(study.id)

    def release(self) -> None:
        """Ask no more."""
        self._jobs.release()

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setObjectName("subheading")
        row.addWidget(self.title, 1)
        self.status = QComboBox(self)
        self.status.setAccessibleName(tr("Status"))
        for status in STATUSES:
            self.status.addItem(say(STATUS_TITLES[status]), status)
        self.status.activated.connect(self._set_status)
        row.addWidget(self.status)
        self.comment = QLineEdit(self)
        self.comment.setPlaceholderText(tr("Comment"))
        self.comment.setAccessibleName(tr("Comment"))
        self.comment.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 36)
        self.comment.editingFinished.connect(self._set_comment)
        row.addWidget(self.comment)
        return row

    def _title(self, study: StudyRow | None) -> str:
        if study is None:
            return tr("Choose a study to see its series.")
        facts = study.facts
        visible = bool(self._session.settings["patient_text_visible"])
        name = (patient_name(facts.patient.patient_name) or tr("No name")) if visible else ""
        parts = (name, date_text(facts.study_date), facts.study_description)
        return one_line(" · ".join(part for part in parts if part))[:120]

    def _ask(self, study_id: int) -> None:
        def work(library: Library, progress: Progress) -> list[Pictured]:
            progress(0.0)
            rows = one_for_each_axis(library.series(study_id))[:_SHOWN]
            pictures = (library.thumbnail(study_id, row.key) if row.has_thumbnail else None for row, _ in rows)
            return [(row, places, picture) for (row, places), picture in zip(rows, pictures, strict=True)]

        self._jobs.add(use_library(self._session, work, on_done=self._fill))

    def _fill(self, rows: list[Pictured]) -> None:
        self.series.clear()
        for row, places, png in rows:
            picture = QIcon(_picture(row, png, self.devicePixelRatioF()))
            item = QListWidgetItem(picture, _words(row, places), self.series)
            item.setToolTip(plain_tip(_tip(row)))
            item.setData(Qt.ItemDataRole.UserRole, row.key)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            width = self.fontMetrics().horizontalAdvance("0") * 20
            item.setSizeHint(QSize(max(width, _PICTURE_PX + 16), self.series.height() - 26))

    def _open(self, item: QListWidgetItem) -> None:
        self.open_wanted.emit(item.data(Qt.ItemDataRole.UserRole))

    def _set_status(self) -> None:
        study, status = self._study, self.status.currentData()
        if study is not None:
            self._change(lambda library: library.set_status([study.id], status))

    def _set_comment(self) -> None:
        study, text = self._study, self.comment.text().strip()
        if study is not None and text != study.comment:
            self._change(lambda library: library.set_comment(study.id, text))

    def _change(self, change: Callable[[Library], None]) -> None:
        """Submit a change, which is made whatever becomes of this widget."""

        def done(_: None) -> None:
            if isValid(self):
                self.changed.emit()

        use_library(self._session, lambda library, _: change(library), on_done=done)


def one_for_each_axis(rows: tuple[SeriesRow, ...]) -> list[tuple[SeriesRow, int]]:
    """Return the first row of each 4-D series with the number of its places, every other row with 1."""
    groups: dict[str, list[SeriesRow]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(row.axis_group or f"alone {number}", []).append(row)
    return [(group[0], len(group)) for group in groups.values()]


def _words(row: SeriesRow, places: int) -> str:
    name = one_line(row.series_description) or row.modality or tr("Without a description")
    amount = tr("{count} images", count=row.image_count) if row.image_count != 1 else tr("1 image")
    amount = f"{places} × {amount}" if places > 1 else amount
    second = row.modality if row.is_object else " · ".join(t for t in (row.modality, amount) if t)
    return f"{name[:36]}\n{second}"


def _tip(row: SeriesRow) -> str:
    parts = [row.series_description, row.body_part_examined, row.stack]
    if row.columns and row.rows:
        parts.append(f"{row.columns} × {row.rows}")
    if row.refusal is not None:
        parts.append(say(row.refusal))
    elif row.badge is not None and row.badge_kind not in ("uniform", "single"):
        parts.append(say(row.badge))
    return "\n".join(part for part in parts if part)


def _picture(row: SeriesRow, png: bytes | None, ratio: float) -> QPixmap:
    """Return the small picture of a series on black, a sign where there is none."""
    pixmap = QPixmap(round(_PICTURE_PX * ratio), round(_PICTURE_PX * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QColor("#000000"))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    stored = QPixmap()
    if png is not None and stored.loadFromData(png, "PNG"):
        painter.drawPixmap(0, 0, _PICTURE_PX, _PICTURE_PX, stored)
    else:
        beside = _SIGNS.get(row.modality, "study")
        sign = beside if row.is_object else "refused" if row.refusal is not None else "scroll"
        place = _PICTURE_PX // 2 - 14
        painter.drawPixmap(place, place, icon_pixmap(sign, 28, "#5d6875", ratio))
    painter.end()
    return pixmap
