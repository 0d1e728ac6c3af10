"""What models have said, over the image of one 2D pane: boxes with their names, and which of them the mouse is on."""

from __future__ import annotations

import weakref

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

from medview.gui.language import say
from medview.gui.one_line import one_line
from medview.gui.outlined_text import draw_text, text_width
from medview.imaging.camera import Camera
from medview.session.finding_view import finding_view
from medview.session.scene import Scene
from medview.view.finding_boxes import DrawnBox, WireBox, drawn_boxes, wire_boxes
from medview.view.finding_text import box_text
from medview.view.slice_picture import SlicePicture

_EDGE = QColor(0, 0, 0, 190)
_TEXT = QColor(232, 236, 240)  # read on any image, whatever colour its box has
_LINE_PX = (1.6, 2.6)  # of any box, and of one that is pointed out
_LONGEST = 60


class FindingLayer:
    """Draws the boxes of one pane; it knows where it has drawn them."""

    def __init__(self) -> None:
        self._drawn: tuple[DrawnBox, ...] = ()
        self._of: weakref.ref[Scene] | None = None

    def draw(self, painter: QPainter, picture: SlicePicture, scene: Scene, font: QFont, size: QRectF) -> None:
        """Draw the boxes that the plane cuts, in coordinates of the pane: dashed until a person accepts them."""
        self._drawn, self._of = drawn_boxes(scene, picture), weakref.ref(scene)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for drawn in self._drawn:
            outline = QPolygonF([QPointF(x, y) for x, y in drawn.outline.tolist()])
            for pen in _pens(drawn):
                painter.setPen(pen)
                painter.drawPolygon(outline)
            _write(painter, drawn, outline.boundingRect(), font, size)

    def hover(self, at: QPointF | None) -> None:
        """Point out the smallest box under the mouse."""
        scene = self._of() if self._of is not None else None
        if scene is None:
            return
        under = [] if at is None else [drawn for drawn in self._drawn if _holds(drawn, at)]
        smallest = min(under, key=_area, default=None)
        finding_view(scene.study).hover(smallest.finding.uid if smallest is not None else "")


def draw_wires(painter: QPainter, scene: Scene, camera: Camera, size: tuple[int, int], font: QFont) -> None:
    """Draw the boxes in a 3D pane as the wires of their edges."""
    for wire in wire_boxes(scene, camera, size):
        lines = [QLineF(*edge) for edge in wire.edges.tolist()]
        for pen in _pens(wire):
            painter.setPen(pen)
            painter.drawLines(lines)
        seen = QRectF(QPointF(*wire.edges[:, :2].min(axis=0)), QPointF(*wire.edges[:, 2:].max(axis=0)))
        _write(painter, wire, seen, font, QRectF(0, 0, *size))


def _pens(drawn: DrawnBox | WireBox) -> tuple[QPen, QPen]:
    """Return the dark pen below and the coloured one above it."""
    width = _LINE_PX[drawn.is_strong]
    style = Qt.PenStyle.SolidLine if drawn.is_accepted else Qt.PenStyle.CustomDashLine
    pens = QPen(_EDGE, width + 1.8, style), QPen(QColor(*drawn.box.concept.colour), width, style)
    for pen in pens:
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        if not drawn.is_accepted:  # in pixels, so that both dash alike
            pen.setDashPattern([7.0 / pen.widthF(), 5.0 / pen.widthF()])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pens


def _write(painter: QPainter, drawn: DrawnBox | WireBox, area: QRectF, font: QFont, size: QRectF) -> None:
    """Write the name above its box, within the pane; below it where there is no room."""
    if not area.intersects(size):
        return
    metrics, text = QFontMetrics(font), one_line(say(box_text(drawn.box)))[:_LONGEST]
    left = min(max(area.left(), size.left() + 4), size.right() - text_width(text, font) - 4)
    above = area.top() - 5 - metrics.descent()
    below = area.bottom() + 4 + metrics.ascent()
    baseline = above if above - metrics.ascent() > size.top() else min(below, size.bottom() - metrics.descent())
    draw_text(painter, left, baseline, text, font, _TEXT)


def _holds(drawn: DrawnBox, at: QPointF) -> bool:
    shape = QPolygonF([QPointF(x, y) for x, y in drawn.outline.tolist()])
    return shape.containsPoint(at, Qt.FillRule.OddEvenFill)


def _area(drawn: DrawnBox) -> float:
    (left, top), (right, bottom) = drawn.outline.min(axis=0), drawn.outline.max(axis=0)
    return float((right - left) * (bottom - top))
