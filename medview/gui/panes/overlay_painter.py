"""What lies over the images of a 2D pane beside the mask: the marks of reports and presentation states."""

from __future__ import annotations

import weakref

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

from medview.gui.one_line import one_line
from medview.gui.outlined_text import draw_text, text_width
from medview.session.scene import Scene
from medview.view.annotation_overlay import DrawnMark, annotation_marks
from medview.view.slice_picture import SlicePicture

_EDGE = QColor(0, 0, 0, 190)
_CROSS = 5.0  # arms of a point
_LONGEST = 60  # characters of a text beside a mark; the report shows it whole


class OverlayPainter:
    """Draws the overlays of one pane."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._marks: tuple[DrawnMark, ...] = ()

    def draw_marks(self, painter: QPainter, picture: SlicePicture, scene: Scene, font: QFont, size: QRectF) -> None:
        """Draw the marks of the slice shown, in coordinates of the pane."""
        taken: list[QRectF] = []
        for mark in self._marks_of(scene, picture):
            _draw_shape(painter, mark)
            _draw_texts(painter, mark, font, size, taken)

    def _marks_of(self, scene: Scene, picture: SlicePicture) -> tuple[DrawnMark, ...]:
        """Return the marks, looked for again only where slice, zoom or the marks themselves have changed."""
        study = scene.study
        # a study that is closed must be free to go
        key = (weakref.ref(study), study.annotations.revision, picture.slice_index, picture.grid, picture.transform)
        if key != self._key:  # studies and grids are compared by what they are, not by their values
            self._key, self._marks = key, annotation_marks(scene, picture)
        return self._marks


def _draw_shape(painter: QPainter, mark: DrawnMark) -> None:
    """Draw a mark with a dark edge, so that it can be seen on any image."""
    colour = QColor(*mark.colour)
    line = QPolygonF([QPointF(x, y) for x, y in mark.points.tolist()])
    if mark.is_filled and mark.kind in ("polygon", "ellipse"):
        inside = QColor(colour)
        inside.setAlpha(70)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(inside)
        painter.drawPolygon(line)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shade, width in ((_EDGE, 3.4), (colour, 1.6)):
        painter.setPen(QPen(shade, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        if mark.kind in ("point", "text"):
            for x, y in mark.points.tolist() if mark.kind == "point" else ():
                painter.drawLine(QPointF(x - _CROSS, y), QPointF(x + _CROSS, y))
                painter.drawLine(QPointF(x, y - _CROSS), QPointF(x, y + _CROSS))
        else:
            painter.drawPolyline(line)


def _draw_texts(painter: QPainter, mark: DrawnMark, font: QFont, size: QRectF, taken: list[QRectF]) -> None:
    """Write the texts of a mark beside it, within the pane and below those that are there already."""
    texts = [_cut(one_line(text)) for text in mark.texts]
    if not texts:
        return
    metrics = QFontMetrics(font)
    width = max(text_width(text, font) for text in texts)
    area = _beside(mark.points, width, metrics.height() * len(texts), size, at_point=mark.kind == "text")
    for other in taken:
        if area.intersects(other):
            area.moveTop(other.bottom() + 2)
    taken.append(area)
    for row, text in enumerate(texts):
        baseline = area.top() + metrics.ascent() + row * metrics.height()
        draw_text(painter, area.left(), baseline, text, font, QColor(*mark.colour))


def _beside(points: NDArray[np.float64], width: float, height: float, size: QRectF, *, at_point: bool) -> QRectF:
    """Return where a text goes: at its point, or right of a shape's upper right corner; left of it at the edge."""
    (left, top), right = points.min(axis=0), float(points[:, 0].max())
    x = float(left) + 2 if at_point else right + 6
    if x + width > size.right() and not at_point:
        x = float(left) - 6 - width
    x = min(max(x, size.left()), max(size.right() - width, size.left()))
    y = min(max(float(top), size.top()), max(size.bottom() - height, size.top()))
    return QRectF(x, y, width, height)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
