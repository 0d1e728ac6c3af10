"""Draws a second volume or a dose over the picture of a pane, and the line between both where it is split."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from medview.gui.outlined_text import draw_text, text_width
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.fusion import Fusion
from medview.view.fusion_layer import FusionLayer, LayerPicture
from medview.view.fusion_lines import pair_names
from medview.view.slice_picture import SlicePicture

_LINE = QColor(255, 255, 255, 230)
_EDGE = QColor(0, 0, 0, 170)
_HANDLE_PX = 6.0
_NAME_PX = 8.0  # between the line and the names beside it


class FusionPainter:
    """Draws the layers under the mask of one pane."""

    def __init__(self) -> None:
        self._layer = FusionLayer()
        self._images: dict[int, tuple[LayerPicture, QImage]] = {}

    def draw(
        self, painter: QPainter, picture: SlicePicture, scene: Scene, viewport: Viewport, size: tuple[int, int]
    ) -> None:
        """Draw dose and second volume in picture coordinates, in a pane of a size in device-independent pixels."""
        painter.save()
        # both are drawn smoothly: their grids are often coarser than the images
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        dose, fused = self._layer.dose(scene, picture), self._layer.fused(scene, viewport, picture)
        if dose is not None:
            self._draw(painter, picture, 0, dose)
        if fused is not None and scene.fusion is not None:
            if scene.fusion.mode == "split":
                painter.setClipRect(_second_side(scene.fusion, picture, size), Qt.ClipOperation.IntersectClip)
            if scene.fusion.mode == "checkerboard":
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # tiles have sharp edges
            self._draw(painter, picture, 1, fused)
        painter.restore()

    def draw_line(self, painter: QPainter, scene: Scene, font: QFont, size: tuple[int, int]) -> None:
        """Draw the line of a split pane with its handle, and which images lie on which side."""
        fusion = scene.fusion
        if fusion is None or fusion.mode != "split":
            return
        beside = fusion.split_direction == "beside"
        at = fusion.split_at * size[0 if beside else 1]
        line = QLineF(at, 0, at, size[1]) if beside else QLineF(0, at, size[0], at)
        for colour, width in ((_EDGE, 3.0), (_LINE, 1.2)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(line)
        painter.setPen(QPen(_EDGE, 1.0))
        painter.setBrush(_LINE)
        painter.drawEllipse(line.center(), _HANDLE_PX, _HANDLE_PX)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        first, second = pair_names(scene.series, fusion.volume.series)
        middle = line.center()
        if beside:
            left = middle.x() - 2 * _HANDLE_PX - text_width(first, font)
            draw_text(painter, left, middle.y() - _NAME_PX, first, font, _LINE)
            draw_text(painter, middle.x() + 2 * _HANDLE_PX, middle.y() - _NAME_PX, second, font, _LINE)
        else:
            draw_text(painter, middle.x() + 2 * _HANDLE_PX, middle.y() - _NAME_PX, first, font, _LINE)
            draw_text(painter, middle.x() + 2 * _HANDLE_PX, middle.y() + 3 * _NAME_PX, second, font, _LINE)

    def _draw(self, painter: QPainter, picture: SlicePicture, place: int, layer: LayerPicture) -> None:
        painter.drawImage(QRectF(QPointF(0, 0), QPointF(*picture.grid.size)), self._image(place, layer))

    def _image(self, place: int, layer: LayerPicture) -> QImage:
        """Return a layer as Qt draws it fastest, made once."""
        kept = self._images.get(place)
        if kept is None or kept[0] is not layer:
            height, width = layer.colours.shape[:2]
            plain = QImage(layer.colours.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
            kept = layer, plain.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
            self._images[place] = kept
        return kept[1]


def _second_side(fusion: Fusion, picture: SlicePicture, size: tuple[int, int]) -> QRectF:
    """Return the part of a split pane in which the second volume is seen, in picture coordinates."""
    beside = fusion.split_direction == "beside"
    start = (fusion.split_at * size[0], 0.0) if beside else (0.0, fusion.split_at * size[1])
    to_picture = picture.transform.to_picture
    return QRectF(QPointF(*to_picture(*start)), QPointF(*to_picture(*size)))
