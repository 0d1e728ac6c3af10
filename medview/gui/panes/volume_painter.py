"""What is drawn over a picture of the 3D view: the crosshair, the clip box with its handles, the orientation cube."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF, QTransform

from medview.errors import Sentence
from medview.gui.language import say
from medview.gui.outlined_text import draw_text, text_width
from medview.gui.panes.pane_painter import PANE_COLOURS
from medview.imaging.camera import Camera
from medview.imaging.clip_handles import ClipHandle, box_edges, clip_handles, plane_outline
from medview.imaging.clipping import Clipping
from medview.imaging.orientation_cube import CubeFace, cube_faces
from medview.imaging.volume_cut import DrawnLoop
from medview.session.scene import Scene
from medview.session.viewport import PLANES
from medview.study.geometry import Geometry

CUBE_PX = 30.0  # its edge
_CUBE_AT = (46.0, 92.0)  # of its middle, from the right and the bottom edge
_CUBE_FROM_PX = 260  # below this the pane has no room for it
_ARM_PX, _GAP_PX = 26.0, 5.0
_HANDLE_PX = 6.0
_BOX, _PLANE = QColor(255, 196, 92), QColor(110, 214, 230)
_CUT_HINT = Sentence("Draw a loop around what is to be cut away.")
_KEEP_HINT = Sentence("Draw a loop around what is to stay.")
_FACE, _EDGE = QColor(58, 68, 84), QColor(170, 184, 204)


def cube_place(width: int, height: int) -> tuple[float, float] | None:
    """Return the middle of the orientation cube in a pane; None where there is no room for it."""
    if width < _CUBE_FROM_PX or height < _CUBE_FROM_PX:
        return None
    return width - _CUBE_AT[0], height - _CUBE_AT[1]


def draw_cursor(painter: QPainter, scene: Scene, camera: Camera, size: tuple[int, int]) -> None:
    """Draw the crosshair: three short lines along the normals of the planes, in their colours, turned with them."""
    middle = QPointF(*camera.to_picture(scene.cursor_mm, size))
    for name in PLANES:
        direction = scene.plane_normal(name)
        way = QPointF(float(direction @ camera.right), float(-(direction @ camera.up)))
        for sign in (-1.0, 1.0):
            line = QLineF(middle + way * (sign * _GAP_PX), middle + way * (sign * (_GAP_PX + _ARM_PX)))
            painter.setPen(QPen(QColor(0, 0, 0, 170), 3.6))
            painter.drawLine(line)
            painter.setPen(QPen(PANE_COLOURS[name], 1.8))
            painter.drawLine(line)


def draw_clipping(
    painter: QPainter, clipping: Clipping, geometry: Geometry, camera: Camera, size: tuple[int, int]
) -> None:
    """Draw the box and the plane with the handles that can be pulled."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(_BOX.red(), _BOX.green(), _BOX.blue(), 150), 1.0))
    painter.drawLines([QLineF(*edge) for edge in box_edges(clipping, geometry, camera, size)])
    outline = plane_outline(clipping, geometry, camera, size)
    if outline:
        painter.setPen(QPen(_PLANE, 1.2))
        painter.setBrush(QColor(_PLANE.red(), _PLANE.green(), _PLANE.blue(), 36))
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in outline]))
    handles = clip_handles(clipping, geometry, camera, size)
    places = {handle.kind: QPointF(*handle.at_px) for handle in handles}
    if "normal" in places:
        painter.drawLine(QLineF(places["plane"], places["normal"]))
    for handle in handles:
        _draw_handle(painter, handle)


def draw_loop(painter: QPainter, loop: DrawnLoop, size: tuple[int, int], font: QFont) -> None:
    """Draw a loop as far as it goes, and before it begins what to do."""
    if not loop.points_px:
        hint = say(_KEEP_HINT if loop.keeps_inside else _CUT_HINT)
        draw_text(painter, (size[0] - text_width(hint, font)) / 2, size[1] * 0.2, hint, font, _BOX)
        return
    painter.setBrush(QColor(_BOX.red(), _BOX.green(), _BOX.blue(), 40))
    painter.setPen(QPen(_BOX, 1.5, Qt.PenStyle.DashLine))
    painter.drawPolygon(QPolygonF([QPointF(*point) for point in loop.points_px]))


def draw_cube(painter: QPainter, camera: Camera, middle: tuple[float, float], font: QFont) -> None:
    """Draw the orientation cube with the letters on the faces that are seen."""
    for face in cube_faces(camera):
        corners = [QPointF(middle[0] + x * CUBE_PX, middle[1] + y * CUBE_PX) for x, y in face.corners]
        ground = QColor(_FACE).lighter(100 + round(60 * face.facing))
        ground.setAlpha(225)
        painter.setBrush(ground)
        painter.setPen(QPen(_EDGE, 1.0))
        painter.drawPolygon(QPolygonF(corners))
        _write_on(painter, face, corners, font)


def _draw_handle(painter: QPainter, handle: ClipHandle) -> None:
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1.5))
    painter.setBrush(_BOX if handle.kind == "face" else _PLANE)
    middle, radius = QPointF(*handle.at_px), _HANDLE_PX
    if handle.kind == "plane":
        painter.drawRect(QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius))
    else:
        painter.drawEllipse(middle, radius, radius)


def _write_on(painter: QPainter, face: CubeFace, corners: list[QPointF], font: QFont) -> None:
    """Write a letter as if it was painted on its face."""
    if face.facing < 0.2:
        return
    size = 100.0
    square = QPolygonF([QPointF(0, 0), QPointF(size, 0), QPointF(size, size), QPointF(0, size)])
    mapping = QTransform()
    if not QTransform.quadToQuad(square, QPolygonF(corners), mapping):
        return
    painter.save()
    painter.setTransform(mapping, True)
    large = QFont(font)
    large.setPixelSize(round(size * 0.72))
    large.setBold(True)
    painter.setFont(large)
    bright = round(150 + 105 * min(1.0, float(np.sqrt(face.facing))))
    painter.setPen(QColor(bright, bright, bright))
    painter.drawText(QRectF(0, 0, size, size), Qt.AlignmentFlag.AlignCenter, face.letter)
    painter.restore()
