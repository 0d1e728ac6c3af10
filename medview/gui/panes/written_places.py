"""Where a pane writes at its edges, so that what is written beside measurements keeps clear of it."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetrics

from medview.gui.language import say
from medview.gui.one_line import one_line
from medview.gui.outlined_text import text_width
from medview.view.corner_line import CornerLine
from medview.view.corner_text import CornerText
from medview.view.text_places import Box

_MARGIN = 8
_STEP = 40  # a window that is changed makes its line a little longer: texts elsewhere must not jump at each value
_LETTER = 26.0  # of an orientation letter with its small ones, and what it keeps clear
_RULER = (96.0, 54.0)  # of the letter at the bottom with the ruler above it


def written_places(
    texts: CornerText, letters: tuple[str, str, str, str], size: tuple[int, int], font: QFont
) -> tuple[Box, ...]:
    """Return the boxes of corners and letters, in a pane of `size` device-independent pixels.

    What comes and goes with the mouse takes no place: nothing jumps aside from a mouse that is moved.
    """
    width, height = size
    corners = (
        (texts.top_left, False, False),
        (texts.top_right, True, False),
        (texts.bottom_left, False, True),
        (texts.bottom_right, True, True),
    )
    boxes = [_corner(lines, size, font, right=right, bottom=bottom) for lines, right, bottom in corners]
    middle, half = (height - _LETTER) / 2, (width - _LETTER) / 2
    boxes += [(0.0, middle, 2 * _LETTER, _LETTER), (width - _LETTER - _MARGIN, middle, _LETTER + _MARGIN, _LETTER)]
    boxes += [(half, 0.0, _LETTER, _LETTER + _MARGIN), ((width - _RULER[0]) / 2, height - _RULER[1], *_RULER)]
    there = (texts.top_left, texts.top_right, texts.bottom_left, texts.bottom_right, *letters)
    return tuple(box for box, said in zip(boxes, there, strict=True) if said)


def _corner(lines: tuple[CornerLine, ...], size: tuple[int, int], font: QFont, *, right: bool, bottom: bool) -> Box:
    lasting = [line for line in lines if not line.is_passing]
    widest = max((text_width(_said(line), font) for line in lasting), default=0)
    width = min(-(-(widest + _MARGIN) // _STEP) * _STEP + _MARGIN, size[0])
    height = QFontMetrics(font).height() * len(lasting) + _MARGIN
    return (size[0] - width if right else 0.0, size[1] - height if bottom else 0.0, width, height)


def _said(line: CornerLine) -> str:
    return one_line(line.text) if isinstance(line.text, str) else say(line.text)
