"""How a study, a series and an object are drawn in the study list."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from medview.gui.icon import icon_pixmap
from medview.gui.one_line import one_line
from medview.gui.panes.key_image_mark import draw_star
from medview.gui.studies.study_card import Card, CardRole
from medview.gui.theme import theme

THUMBNAIL_PX = 56
SIGN_PX = 18
_VIEWED_PX = 16
_STAR_PX = 8  # radius
_GAP = 10


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
        lines = card.height_in_lines
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
        if card.viewed:
            _draw_viewed(painter, place, ratio)
        if card.has_key_image:
            draw_star(painter, place.right() - _STAR_PX, place.top() + _STAR_PX, _STAR_PX - 1)
        return
    sign = card.picture or ("refused" if not card.usable else "scroll")
    painter.drawPixmap(place.center().x() - 11, place.center().y() - 11, icon_pixmap(sign, 22, "#5d6875", ratio))


def _draw_viewed(painter: QPainter, place: QRect, ratio: float) -> None:
    """Draw the mark of a series that has been on the screen in the corner of its picture."""
    colours = theme()
    disc = QRect(place.right() - _VIEWED_PX - 1, place.bottom() - _VIEWED_PX - 1, _VIEWED_PX, _VIEWED_PX)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.info_ground))
    painter.drawEllipse(disc.adjusted(-1, -1, 1, 1))
    inside = _VIEWED_PX - 4
    painter.drawPixmap(disc.left() + 2, disc.top() + 2, icon_pixmap("check", inside, colours.info, ratio))


def _draw_text(painter: QPainter, place: QRect, base: QFont, card: Card) -> None:
    colours = theme()
    bold = QFont(base)
    bold.setWeight(QFont.Weight.DemiBold)
    height = QFontMetrics(base).height() + 2
    y = place.top() + (place.height() - height * card.height_in_lines) // 2
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
    if card.badge:
        # below the sign, which stands at the top, there is room to the edge
        _draw_badge(painter, QRect(place.left(), y, place.width() + SIGN_PX + 6, height), base, card)


def _draw_badge(painter: QPainter, place: QRect, base: QFont, card: Card) -> None:
    """Draw what the geometry guard says as a label with a ground of its own."""
    colours, metrics = theme(), QFontMetrics(base)
    text = metrics.elidedText(one_line(card.badge), Qt.TextElideMode.ElideRight, place.width() - 12)
    ground = QRectF(place.left(), place.top() + 0.5, metrics.horizontalAdvance(text) + 12, place.height() - 1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.warning_ground if card.badge_is_alarming else colours.info_ground))
    painter.drawRoundedRect(ground, 4, 4)
    painter.setFont(base)
    painter.setPen(QColor(colours.warning if card.badge_is_alarming else colours.info))
    painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)


def _draw_sign(painter: QPainter, place: QRect, card: Card) -> None:
    if card.sign:
        colours = theme()
        colour = colours.warning if card.sign == "warning" else colours.dim
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(place.topLeft(), icon_pixmap(card.sign, SIGN_PX, colour, ratio))
