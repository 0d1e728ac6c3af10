"""What models have said, over the image of one 2D pane: boxes with their names, and which of them the mouse is on."""

from __future__ import annotations

import weakref

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPolygonF

from medview.gui.panes.box_painter import box_pens, is_beside, write_names
from medview.session.finding_view import finding_view
from medview.session.scene import Scene
from medview.study.finding import Finding
from medview.view.finding_boxes import DrawnBox, drawn_boxes
from medview.view.slice_picture import SlicePicture

_MOST_NAMES = 40  # with more on one slice the names would cover the image: that of the one pointed out is written


class FindingLayer:
    """Draws the boxes of one pane; it knows where it has drawn them."""

    def __init__(self) -> None:
        self._drawn: tuple[DrawnBox, ...] = ()
        self._of: weakref.ref[Scene] | None = None

    def draw(self, painter: QPainter, picture: SlicePicture, scene: Scene, font: QFont, size: QRectF) -> None:
        """Draw the boxes that the plane cuts, in coordinates of the pane: dashed until a person accepts them."""
        self.draw_boxes(painter, drawn_boxes(scene, picture), scene, font, size)

    def draw_boxes(
        self, painter: QPainter, boxes: tuple[DrawnBox, ...], scene: Scene, font: QFont, size: QRectF
    ) -> None:
        """Draw boxes whose outlines in the pane are known."""
        self._drawn, self._of = boxes, weakref.ref(scene)
        areas = [(drawn, draw_outline(painter, drawn).boundingRect()) for drawn in self._drawn]
        names_all = len(areas) <= _MOST_NAMES
        named = [one for one in areas if one[0].is_strong or (names_all and not is_beside(one[0]))]
        write_names(painter, named, font, size)

    def draw_in_lens(self, painter: QPainter, seen: SlicePicture, scene: Scene) -> None:
        """Draw the outlines larger, at their places in the lens; their names stay on the pane."""
        for drawn in drawn_boxes(scene, seen):
            draw_outline(painter, drawn)

    def at(self, point: QPointF) -> Finding | None:
        """Return the finding of the smallest box at a point of the pane, None where the plane cuts none there."""
        under = [drawn for drawn in self._drawn if not is_beside(drawn) and _holds(drawn, point)]
        smallest = min(under, key=_area, default=None)
        return smallest.finding if smallest is not None else None

    def hover(self, at: QPointF | None) -> None:
        """Point out the smallest box under the mouse."""
        scene = self._of() if self._of is not None else None
        if scene is not None:
            under = self.at(at) if at is not None else None
            finding_view(scene.study).hover(under.uid if under is not None else "")


def draw_outline(painter: QPainter, drawn: DrawnBox) -> QPolygonF:
    """Draw a box without its name, and return its outline."""
    outline = QPolygonF([QPointF(x, y) for x, y in drawn.outline.tolist()])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in box_pens(drawn):
        painter.setPen(pen)
        painter.drawPolygon(outline)
    return outline


def _holds(drawn: DrawnBox, at: QPointF) -> bool:
    shape = QPolygonF([QPointF(x, y) for x, y in drawn.outline.tolist()])
    return shape.containsPoint(at, Qt.FillRule.OddEvenFill)


def _area(drawn: DrawnBox) -> float:
    (left, top), (right, bottom) = drawn.outline.min(axis=0), drawn.outline.max(axis=0)
    return float((right - left) * (bottom - top))
