"""Draws where the other planes cut a plane: their lines, the faces of their slabs, and the handles that turn them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from medview.gui.panes.pane_painter import PANE_COLOURS
from medview.gui.panes.solid_area import draw_solid_area
from medview.imaging.crosshair_handles import HANDLE_PX, handle_places
from medview.imaging.plane import PlaneName
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.turn_planes import crossing_planes, why_not
from medview.tools.rotate_planes import Grip
from medview.view.crosshair import CrosshairLine, line_in_pane, slab_faces
from medview.view.slice_picture import SlicePicture

_ALPHA = 190
_EDGE = QColor(0, 0, 0, 170)


class CrosshairPainter:
    """Draws the crosshair of one pane.

    Attributes
    ----------
    grip
        What lies under the mouse and is drawn stronger, or None.
    """

    def __init__(self, session: Session, pane: str) -> None:
        self._session = session
        self._pane = pane
        self.grip: Grip | None = None

    def draw(
        self, painter: QPainter, picture: SlicePicture, scene: Scene, size: tuple[int, int], *, bare: bool
    ) -> None:
        """Draw lines and slabs, and unless it is to be `bare` the handles, in a pane of a size in pixels."""
        shown = crossing_planes(self._session, self._pane) if scene.crosshair_visible else ()
        for line in picture.crosshair:
            if line.plane in shown:
                _draw_line(painter, line, strong=not bare and self._is_held("move", line.plane))
        for plane in shown:
            self._draw_slab(painter, picture, scene, plane, bare=bare)
            if not bare and why_not(scene) is None:
                self._draw_handles(painter, picture, scene, plane, size)

    def _draw_slab(
        self, painter: QPainter, picture: SlicePicture, scene: Scene, plane: PlaneName, *, bare: bool
    ) -> None:
        slot = self._session.viewports[self._pane].slot
        viewports = (v for v in self._session.of_slot(slot) if v.is_flat and v.plane(scene) == plane)
        thickness = max((viewport.slab_mm for viewport in viewports), default=0.0)
        if thickness <= 0:
            return
        pen = QPen(_colour(plane), 2.0 if not bare and self._is_held("slab", plane) else 1.0, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        for face in slab_faces(scene, plane, thickness, picture.grid, picture.transform):
            painter.drawLine(QLineF(*face.ends))

    def _draw_handles(
        self, painter: QPainter, picture: SlicePicture, scene: Scene, plane: PlaneName, size: tuple[int, int]
    ) -> None:
        middle, direction = line_in_pane(scene, plane, picture.grid, picture.transform)
        if np.linalg.norm(direction) < 1e-9:
            return
        held = self._is_held("turn", plane)
        for place in handle_places(middle, direction, size):
            at = QPointF(float(place[0]), float(place[1]))
            painter.setBrush(_colour(plane) if held else QColor(0, 0, 0, 110))
            for colour, width in ((_EDGE, 3.6), (_colour(plane), 1.8)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(at, HANDLE_PX, HANDLE_PX)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _is_held(self, kind: str, plane: PlaneName) -> bool:
        return self.grip is not None and (self.grip.kind, self.grip.plane) == (kind, plane)


def _draw_line(painter: QPainter, line: CrosshairLine, *, strong: bool) -> None:
    x0, y0, x1, y1 = line.ends
    colour, width = _colour(line.plane), 2.0 if strong else 1.0
    if abs(x1 - x0) < 0.5 or abs(y1 - y0) < 0.5:
        left, top = round(min(x0, x1) - width / 2), round(min(y0, y1) - width / 2)
        across, down = round(max(width, abs(x1 - x0))), round(max(width, abs(y1 - y0)))
        draw_solid_area(painter, QRect(left, top, across, down), colour)  # whole pixels are sharp
    else:
        painter.setPen(QPen(colour, width))
        painter.drawLine(QLineF(x0, y0, x1, y1))


def _colour(plane: PlaneName) -> QColor:
    colour = QColor(PANE_COLOURS[plane])
    colour.setAlpha(_ALPHA)
    return colour
