"""How a study and a series are drawn in the study list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from medview.gui.icon import icon_pixmap
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.gui.theme import theme
from medview.study.series import Series
from medview.study.study import Study
from medview.view.corner_text import date_text, patient_name

THUMBNAIL_PX = 56
SIGN_PX = 18
_GAP = 10


class CardRole(IntEnum):
    """What an item of the study list carries."""

    CARD = Qt.ItemDataRole.UserRole
    THUMBNAIL = Qt.ItemDataRole.UserRole + 1
    OF = Qt.ItemDataRole.UserRole + 2  # the study or series itself: identifiers may be shared by two patients


@dataclass(frozen=True)
class Card:
    """The words of one item: a title with up to two lines below, and the sign at its right end."""

    title: str
    lines: tuple[str, ...]
    sign: str = ""
    is_study: bool = False
    usable: bool = True
    shown: bool = False


def patient_title(study: Study) -> str:
    """Return the patient's name (PN, PS3.5 6.2) as it is read."""
    return patient_name(study.facts.patient.patient_name) or tr("No name")


def study_card(study: Study, number: int, *, patient_visible: bool) -> Card:
    """Return the card of a study; without the patient's name where it is to be hidden."""
    facts = study.facts
    patient = facts.patient
    title = patient_title(study) if patient_visible else tr("Study {number}", number=number)
    born = tr("born {date}", date=date_text(patient.patient_birth_date)) if patient.patient_birth_date else ""
    about = (patient.patient_id, patient.patient_sex, born) if patient_visible else ()
    when = date_text(facts.study_date)
    lines = (" · ".join(t for t in about if t), " · ".join(t for t in (when, facts.study_description) if t))
    return Card(title, tuple(line for line in lines if line), sign="close", is_study=True)


def series_card(series: Series, *, shown: bool) -> Card:
    """Return the card of a series: what it is, how many images, or why it cannot be shown."""
    title = series.series_description or series.body_part_examined or tr("Without a description")
    count = len(series.instances)
    images = tr("{count} images", count=count) if count != 1 else tr("1 image")
    facts = [series.modality, images]
    if series.rows and series.columns:
        facts.append(f"{series.columns} × {series.rows}")
    number = f"{series.series_number}" if series.series_number is not None else ""
    second = " · ".join(t for t in (tr("Series {number}", number=number) if number else "", series.stack) if t)
    if series.refusal is not None:
        second = say(series.refusal.message)
    sign = "refused" if series.refusal is not None else "warning" if series.warnings else ""
    return Card(title, (" · ".join(t for t in facts if t), second), sign, usable=series.refusal is None, shown=shown)


def series_tip(series: Series) -> str:
    """Return all that is to be known of a series before it is opened."""
    parts = [series.series_description]
    if series.refusal is not None:
        parts += [say(series.refusal.message), say(series.refusal.remedy)]
    parts += [f"⚠ {say(warning)}" for warning in series.warnings]
    return "\n".join(part for part in parts if part)


def sign_place(item: QRect, card: Card) -> QRect:
    """Return where the sign of a card (close, warning, refused) is drawn."""
    top = item.top() + 8 if card.is_study else item.top() + 7
    return QRect(item.right() - SIGN_PX - 8, top, SIGN_PX, SIGN_PX)


class CardDelegate(QStyledItemDelegate):
    """Draws cards; the height follows the font, so that nothing is cut at other scales or in Chinese."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the height of the card."""
        card: Card = index.data(CardRole.CARD)
        height = QFontMetrics(option.font).height()
        lines = 1 + len(card.lines)
        if card.is_study:
            return QSize(120, lines * (height + 2) + 16)
        return QSize(120, max(THUMBNAIL_PX, lines * (height + 2)) + 14)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the card."""
        card: Card = index.data(CardRole.CARD)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_ground(painter, rect, state, card)
        text = rect.adjusted(_GAP, 0, -_GAP - SIGN_PX - 6, 0)
        if not card.is_study:
            place = QRect(rect.left() + 8, rect.top() + (rect.height() - THUMBNAIL_PX) // 2, THUMBNAIL_PX, THUMBNAIL_PX)
            _draw_thumbnail(painter, place, index.data(CardRole.THUMBNAIL), card)
            text.setLeft(place.right() + _GAP)
        _draw_text(painter, text, option.font, card)
        _draw_sign(painter, sign_place(rect, card), card)
        painter.restore()

    @staticmethod
    def _draw_ground(painter: QPainter, rect: QRect, state: QStyle.StateFlag, card: Card) -> None:
        colours = theme()
        inside = QRectF(rect).adjusted(3, 1.5, -3, -1.5)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if card.is_study:
            painter.fillRect(rect, QColor(colours.raised))
            if chosen and state & QStyle.StateFlag.State_HasFocus:
                painter.fillRect(rect, QColor(colours.selected))
            return
        if card.shown or chosen or hovered:
            ground = colours.selected if card.shown or chosen else colours.hover
            painter.setPen(QPen(QColor(colours.line), 1.5) if card.shown else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(inside, 6, 6)


def _draw_thumbnail(painter: QPainter, place: QRect, pixmap: QPixmap | None, card: Card) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#000000"))
    painter.drawRoundedRect(place, 4, 4)
    ratio = painter.device().devicePixelRatioF()
    if pixmap is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, pixmap)
        return
    sign = "refused" if not card.usable else "scroll"
    painter.drawPixmap(place.center().x() - 11, place.center().y() - 11, icon_pixmap(sign, 22, "#5d6875", ratio))


def _draw_text(painter: QPainter, place: QRect, base: QFont, card: Card) -> None:
    colours = theme()
    bold = QFont(base)
    bold.setWeight(QFont.Weight.DemiBold)
    height = QFontMetrics(base).height() + 2
    y = place.top() + (place.height() - height * (1 + len(card.lines))) // 2
    for number, line in enumerate((card.title, *card.lines)):
        font = bold if number == 0 else base
        colour = colours.text if number == 0 and card.usable else colours.dim
        painter.setFont(font)
        painter.setPen(QColor(colour))
        width = place.width()
        # the end of a series' name often tells it from the next one (kernel, echo)
        elide = Qt.TextElideMode.ElideMiddle if number == 0 else Qt.TextElideMode.ElideRight
        text = QFontMetrics(font).elidedText(one_line(line), elide, width)
        painter.drawText(QRect(place.left(), y, width, height), Qt.AlignmentFlag.AlignVCenter, text)
        y += height


def _draw_sign(painter: QPainter, place: QRect, card: Card) -> None:
    if card.sign:
        colours = theme()
        colour = colours.warning if card.sign == "warning" else colours.dim
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(place.topLeft(), icon_pixmap(card.sign, SIGN_PX, colour, ratio))
