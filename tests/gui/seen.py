"""Reading what a widget has painted, letter by letter: the words are looked for in its pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QWidget
from scipy.signal import fftconvolve

from tests.gui.panes import pixels_of

_SOLID, _BRIGHT = 200, 150
_ALIKE = 0.9


def place_of_text(
    widget: QWidget, text: str, *, bold: bool = False, pixel_size: int | None = None
) -> tuple[int, int] | None:
    """Return (left, top) of where a text stands in a widget in light letters on a dark ground, or None.

    Parameters
    ----------
    pixel_size
        Of the letters; that of the widget's own font where none is given.
    """
    stamp = _stamp(text, _font(widget, bold, pixel_size))
    bright = (pixels_of(widget).max(axis=2) > _BRIGHT).astype(float)
    if stamp.shape[0] > bright.shape[0] or stamp.shape[1] > bright.shape[1]:
        return None
    lit, dark = stamp > _SOLID, stamp == 0
    # of the stamp's letters how much is lit, less how much is lit beside them
    wanted = lit / lit.sum() - dark / max(dark.sum(), 1)
    score = fftconvolve(bright, wanted[::-1, ::-1], mode="valid")
    top, left = np.unravel_index(int(score.argmax()), score.shape)
    return (int(left), int(top)) if score[top, left] > _ALIKE else None


def reads(widget: QWidget, text: str, *, bold: bool = False, pixel_size: int | None = None) -> bool:
    """Whether a text stands in a widget, as `place_of_text`."""
    return place_of_text(widget, text, bold=bold, pixel_size=pixel_size) is not None


def _font(widget: QWidget, bold: bool, pixel_size: int | None) -> QFont:
    font = QFont(widget.font())
    font.setBold(bold)
    if pixel_size is not None:
        font.setPixelSize(pixel_size)
    return font


def _stamp(text: str, font: QFont) -> NDArray[np.uint8]:
    """Return the letters, 255 where they cover a pixel, without room round them."""
    metrics = QFontMetrics(font)
    image = QImage(metrics.horizontalAdvance(text) + 12, metrics.height() + 8, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setFont(font)
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(QPoint(4, metrics.ascent() + 4), text)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    drawn = rows[:, : image.width()].copy()
    y, x = np.nonzero(drawn)
    return drawn[y.min() : y.max() + 1, x.min() : x.max() + 1]
