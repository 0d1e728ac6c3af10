"""The plugins to choose from, each with what it does or why it does not fit."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QTextLayout
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from medview.errors import MedViewError
from medview.gui.language import say, tr
from medview.gui.plain_tip import plain_tip
from medview.gui.theme import theme
from medview.plugin.discovery import BrokenPlugin, Plugin
from medview.session.run_plugin import Offer

_OFFER = Qt.ItemDataRole.UserRole
_SECOND = Qt.ItemDataRole.UserRole + 1
_LINES = 2  # of the summary or the reason; the whole of it is in the tool tip
_MARGIN = 9


class PluginList(QListWidget):
    """Lists offers; those that do not fit are greyed and cannot be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(_OfferDelegate(self))
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Plugins"))

    def show_offers(self, offers: tuple[Offer, ...], *, with_reasons: bool) -> None:
        """List the offers; the chosen one stays chosen where it fits, else the first that fits is.

        Parameters
        ----------
        with_reasons
            Say why a plugin does not fit; with nothing open, all say the same.
        """
        chosen = self.chosen()
        name = _name(chosen) if chosen is not None else ""
        self.clear()
        for offer in offers:
            item = QListWidgetItem(_name(offer), self)
            item.setData(_OFFER, offer)
            item.setData(_SECOND, _second(offer, with_reason=with_reasons))
            item.setToolTip(plain_tip(_tip(offer)))
            if offer.refusal is not None:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
        rows = [row for row in range(self.count()) if Qt.ItemFlag.ItemIsEnabled in self.item(row).flags()]
        same = [row for row in rows if self.item(row).text() == name]
        self.setCurrentRow((same or rows or [-1])[0])

    def choose(self, plugin: Plugin) -> None:
        """Choose a plugin where it is offered."""
        for row in range(self.count()):
            if self.item(row).data(_OFFER).plugin is plugin:
                self.setCurrentRow(row)

    def chosen(self) -> Offer | None:
        """Return the offer that is chosen, or None where none fits."""
        offer: Offer | None = self.currentItem().data(_OFFER) if self.currentRow() >= 0 else None
        return offer if offer is not None and offer.refusal is None else None

    def sizeHint(self) -> QSize:
        """Be as high as the plugins need, up to four of them."""
        rows = sum(self.sizeHintForRow(row) for row in range(min(self.count(), 4)))
        return QSize(240, rows + 2 * self.frameWidth() + 2)

    def minimumSizeHint(self) -> QSize:
        """Show two plugins at least."""
        rows = sum(self.sizeHintForRow(row) for row in range(min(self.count(), 2)))
        return QSize(160, rows + 2 * self.frameWidth() + 2)


def _name(offer: Offer) -> str:
    plugin = offer.plugin
    return plugin.folder.name if isinstance(plugin, BrokenPlugin) else tr(plugin.manifest.name)


def _second(offer: Offer, *, with_reason: bool) -> str:
    """Return why it does not fit, or what it does."""
    if offer.refusal is not None and (with_reason or isinstance(offer.plugin, BrokenPlugin)):
        return say(offer.refusal.message)
    return "" if isinstance(offer.plugin, BrokenPlugin) else tr(offer.plugin.manifest.summary)


def _tip(offer: Offer) -> str:
    parts = []
    if not isinstance(offer.plugin, BrokenPlugin):
        manifest = offer.plugin.manifest
        parts = [f"{tr(manifest.name)} {manifest.version}", tr(manifest.summary), tr(manifest.intended_use)]
    refusal: MedViewError | None = offer.refusal
    if refusal is not None:
        parts += [say(refusal.message), say(refusal.remedy)]
    return "\n".join(part for part in parts if part)


def _badge(offer: Offer) -> str:
    if isinstance(offer.plugin, BrokenPlugin):
        return tr("broken")
    return tr("classical") if offer.plugin.manifest.classical else tr("AI")


class _OfferDelegate(QStyledItemDelegate):
    """Draws name, badge, and two lines of what it does or why not."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return room for the name and two lines."""
        height = QFontMetrics(option.font).lineSpacing()
        return QSize(160, height * (1 + _LINES) + 2 * _MARGIN)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one offer."""
        offer: Offer = index.data(_OFFER)
        rect: QRect = option.rect
        font: QFont = option.font
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw_ground(painter, rect, option.state)
        inside = rect.adjusted(_MARGIN + 3, _MARGIN, -_MARGIN - 3, -_MARGIN)
        badge_width = _draw_badge(painter, inside, font, offer)
        _draw_words(painter, inside, badge_width, font, offer, index.data(_SECOND))
        painter.restore()


def _draw_ground(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    colours = theme()
    chosen = bool(state & QStyle.StateFlag.State_Selected)
    hovered = bool(state & QStyle.StateFlag.State_MouseOver) and bool(state & QStyle.StateFlag.State_Enabled)
    if chosen or hovered:
        painter.setPen(QPen(QColor(colours.line), 1.5) if chosen else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.selected if chosen else colours.hover))
        painter.drawRoundedRect(QRectF(rect).adjusted(2, 1.5, -2, -1.5), 6, 6)


def _draw_badge(painter: QPainter, place: QRect, font: QFont, offer: Offer) -> int:
    """Draw "AI" or "classical" at the right end of the first line and return its width."""
    colours = theme()
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.85)
    text, metrics = _badge(offer), QFontMetrics(small)
    width = metrics.horizontalAdvance(text) + 12
    box = QRectF(place.right() - width, place.top() - 1, width, metrics.height() + 3)
    colour = colours.dim if offer.refusal is not None else colours.line
    painter.setFont(small)
    painter.setPen(QPen(QColor(colour), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box, 4, 4)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    return width


def _draw_words(painter: QPainter, place: QRect, badge_width: int, font: QFont, offer: Offer, second: str) -> None:
    colours = theme()
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    metrics = QFontMetrics(bold)
    painter.setFont(bold)
    painter.setPen(QColor(colours.dim if offer.refusal is not None else colours.text))
    name = metrics.elidedText(_name(offer), Qt.TextElideMode.ElideRight, place.width() - badge_width - 8)
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, name)
    painter.setFont(font)
    painter.setPen(QColor(colours.dim))
    for row, line in enumerate(_wrapped(second, font, place.width())):
        painter.drawText(
            place.adjusted(0, metrics.lineSpacing() * (row + 1), 0, _MARGIN), Qt.AlignmentFlag.AlignTop, line
        )


def _wrapped(text: str, font: QFont, width: int) -> list[str]:
    """Return `text` in as many lines as are shown, the last one with an ellipsis where more would follow."""
    layout = QTextLayout(text, font)
    layout.beginLayout()
    lines: list[str] = []
    while len(lines) < _LINES and (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        if len(lines) < _LINES - 1:
            lines.append(text[line.textStart() : line.textStart() + line.textLength()])
        else:
            lines.append(QFontMetrics(font).elidedText(text[line.textStart() :], Qt.TextElideMode.ElideRight, width))
    layout.endLayout()
    return lines
