"""What every pane draws on its image: corner texts, orientation letters, scale bar, frame."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPen

from medview.errors import Sentence
from medview.gui.language import say
from medview.gui.one_line import one_line
from medview.gui.outlined_text import draw_text, text_width
from medview.gui.panes.ruler_painter import draw_ruler
from medview.view.corner_line import CornerLine
from medview.view.corner_text import CornerText
from medview.view.scale_bar import ScaleBar

# red, green and yellow as in Slicer and OHIF; told apart without colour by the name in the corner
PANE_COLOURS = {
    "axial": QColor(243, 84, 61),
    "coronal": QColor(110, 190, 80),
    "sagittal": QColor(237, 213, 76),
    "volume": QColor(122, 162, 230),
    "empty": QColor(122, 134, 148),
    "curved": QColor(206, 140, 232),
}
_TEXT = QColor(232, 236, 240)
_BADGE = QColor(126, 205, 255)
_WARNING = QColor(255, 120, 104)
_PRIOR = QColor(255, 184, 77)
_LETTER = QColor(255, 255, 255)
_UNREAD = (QColor(24, 34, 52), QColor(66, 92, 138))  # ground and lines: blue, as nothing in a patient is
_GROUND = QColor(10, 14, 20, 190)
_MARGIN = 8
_BADGE_COLUMN = 0.8
_RULER_LEFT, _RULER_ROOM = 6, 14
_STACK_BAR_ROOM = 4  # the bar at the right edge must not touch the letter
_LEFT_RULER_FROM_PX = 360
_LETTER_ROOM = 14  # on each side of the middle, for the letter at the top and bottom edge


def corner_row(y: float, font: QFont) -> int:
    """Return which line of an upper corner lies at a height of the pane, counted from 0; below 0 above them."""
    return int((y - _MARGIN) // QFontMetrics(font).height())


class PanePainter:
    """Draws with a QPainter on a pane of a size in device-independent pixels.

    Parameters
    ----------
    font
        Of the widget.
    colour
        Of the pane's plane.
    """

    def __init__(self, painter: QPainter, width: int, height: int, font: QFont, colour: QColor) -> None:
        self._painter = painter
        self._width = width
        self._height = height
        self._font = font
        self._colour = colour
        self._line = QFontMetrics(font).height()
        self._bar_room = _LETTER_ROOM
        self._bar_top = float(height)  # of the ruler's length, above which a line has the room of the upper half

    def corners(self, texts: CornerText) -> None:
        """Write the corner texts."""
        ascent = QFontMetrics(self._font).ascent()
        top = _MARGIN + ascent
        for lines, right in ((texts.top_left, False), (texts.top_right, True)):
            others = len(texts.top_left if right else texts.top_right)
            for row, line in enumerate(lines):
                self._write(line, top + row * self._line, row, right=right, beside=row < others)
        bottom = self._height - _MARGIN - QFontMetrics(self._font).descent()
        beside = bool(texts.bottom_right)
        for lines, right in ((texts.bottom_left, False), (texts.bottom_right, True)):
            others = len(texts.bottom_left if right else texts.bottom_right)
            # in a small pane, above the letter: the slice number and the window must be read whole
            for row, line in enumerate(reversed(lines), start=0 if beside else 1):
                self._write(line, bottom - row * self._line, row, right=right, beside=beside and row < others)

    def letters(self, letters: tuple[str, str, str, str]) -> None:
        """Write the orientation letters on the left, right, top and bottom edge."""
        left, right, top, bottom = letters
        middle = self._height / 2 + QFontMetrics(self._large()).capHeight() / 2
        self._letter(left, _RULER_LEFT + _RULER_ROOM if self._has_left_ruler else _MARGIN, middle)
        self._letter(right, self._width - _MARGIN - _STACK_BAR_ROOM - self._letter_width(right), middle)
        self._letter(top, (self._width - self._letter_width(top)) / 2, _MARGIN + QFontMetrics(self._large()).ascent())
        self._letter(bottom, (self._width - self._letter_width(bottom)) / 2, self._height - _MARGIN - 2)

    def rulers(self, bar: ScaleBar) -> None:
        """Draw the ruler above the bottom letter with its length, and where there is room one at the left edge."""
        y = self._height - _MARGIN - 6 - QFontMetrics(self._large()).height()
        x = (self._width - bar.length_px) / 2
        draw_ruler(self._painter, bar, x, y, upright=False)
        if self._has_left_ruler:
            draw_ruler(self._painter, bar, _RULER_LEFT, (self._height - bar.length_px) / 2, upright=True)
        self._bar_room = int(bar.length_px / 2) + _LETTER_ROOM
        self._bar_top = y - 9.0 - QFontMetrics(self._font).ascent()
        width = text_width(bar.text, self._font)
        left = (self._width - width) / 2
        ascent = QFontMetrics(self._font).ascent()
        ground = QRectF(left - 3, y - 9 - ascent + 1, width + 6, ascent + 2)
        self._painter.fillRect(ground, _GROUND)  # the crosshair runs through the middle of many a pane
        draw_text(self._painter, left, y - 9, bar.text, self._font, _TEXT)

    def frame(self, *, active: bool) -> None:
        """Draw the edge of the pane in its colour, strong where it is the active one."""
        colour = QColor(self._colour)
        colour.setAlphaF(1.0 if active else 0.35)
        width = 2.0 if active else 1.0
        pen = QPen(colour, width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        self._painter.setPen(pen)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawRect(QRectF(width / 2, width / 2, self._width - width, self._height - width))

    def unread(self, area: QRectF) -> None:
        """Hatch a part of the picture whose images are not there yet: it must not be taken for black anatomy."""
        ground, lines = _UNREAD
        self._painter.fillRect(area, ground)
        self._painter.fillRect(area, QBrush(lines, Qt.BrushStyle.BDiagPattern))

    def message(self, *sentences: Sentence) -> None:
        """Write sentences in the middle, one paragraph each."""
        self._painter.setPen(_TEXT)
        self._painter.setFont(self._font)
        area = QRectF(0, 0, self._width, self._height).adjusted(40, 40, -40, -40)
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        self._painter.drawText(area, flags, "\n".join(say(s) for s in sentences if s.template))

    def _write(self, line: CornerLine, baseline: float, row: int, *, right: bool, beside: bool) -> None:
        """Write a line; `row` counts from the edge, `beside` tells whether there is a second column."""
        text = one_line(line.text) if isinstance(line.text, str) else say(line.text)
        font = QFont(self._font)
        font.setBold(line.mark in ("title", "warning", "prior"))
        # what made the mask and whether it was edited must be read whole; there is no second column beside it
        # the ruler stands above the letter of the lower edge: the last line of a corner has only the letter beside it
        middle = self._bar_room if row > 0 and baseline > self._bar_top else _LETTER_ROOM
        room = self._width * _BADGE_COLUMN if line.mark in ("badge", "prior") else self._width / 2 - _MARGIN - middle
        if row > 0 and not beside and middle == _LETTER_ROOM:  # what is said of the pixels is read whole
            room = self._width - 2 * _MARGIN
        text = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(room))
        colour = {"title": self._colour, "badge": _BADGE, "warning": _WARNING, "prior": _PRIOR}.get(line.mark, _TEXT)
        left = self._width - _MARGIN - text_width(text, font) if right else _MARGIN
        draw_text(self._painter, left, baseline, text, font, colour)

    @property
    def _has_left_ruler(self) -> bool:
        return self._width >= _LEFT_RULER_FROM_PX and self._height >= _LEFT_RULER_FROM_PX

    def _large(self) -> QFont:
        font = QFont(self._font)
        font.setPixelSize(round(QFontMetrics(self._font).height() * 1.15))
        font.setBold(True)
        return font

    def _small(self) -> QFont:
        font = QFont(self._font)
        font.setPixelSize(round(QFontMetrics(self._font).height() * 0.75))
        font.setBold(True)
        return font

    def _letter_width(self, letters: str) -> int:
        return text_width(letters[:1], self._large()) + (text_width(letters[1:], self._small()) if letters[1:] else 0)

    def _letter(self, letters: str, left: float, baseline: float) -> None:
        """Write the dominant letter large and the others below it, small."""
        if not letters:
            return
        draw_text(self._painter, left, baseline, letters[0], self._large(), _LETTER)
        if letters[1:]:
            beside = left + text_width(letters[0], self._large())
            draw_text(self._painter, beside, baseline + 3, letters[1:], self._small(), _LETTER)
