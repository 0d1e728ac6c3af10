"""Draws what lies over an image by its own header: overlay planes and shutters."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPolygonF, qRgba

from medview.view.overlay_planes import OverlayLayer, ShutterLayer
from medview.view.slice_picture import SlicePicture

_NOTHING = qRgba(0, 0, 0, 0)
_GRAPHICS = qRgba(255, 236, 140, 255)
_SHADOW = qRgba(0, 0, 0, 170)
_REGION = qRgba(90, 200, 255, 110)


class OwnLayersPainter:
    """Draws the layers of one pane and keeps their images until they change."""

    def __init__(self) -> None:
        self._images: dict[str, tuple[object, QImage]] = {}

    def draw(self, painter: QPainter, picture: SlicePicture) -> None:
        """Draw in picture coordinates: the shutter, and over it the planes, which may name what it hides."""
        if picture.shutter is not None:
            self._draw_shutter(painter, picture, picture.shutter)
        if picture.overlay_planes is not None:
            self._draw_layer(painter, picture, picture.overlay_planes, "planes", [_NOTHING, _GRAPHICS, _REGION])

    def _draw_shutter(self, painter: QPainter, picture: SlicePicture, shutter: ShutterLayer) -> None:
        width, height = picture.grid.size
        whole = QPainterPath()
        whole.addRect(QRectF(0, 0, width, height))
        seen = QPainterPath(whole)
        for outline in shutter.outlines:
            shape = QPainterPath()
            shape.addPolygon(QPolygonF([QPointF(x, y) for x, y in outline.tolist()]))
            shape.closeSubpath()
            seen = seen.intersected(shape)
        painter.fillPath(whole.subtracted(seen), QColor(*shutter.colour))
        if shutter.hidden is not None:
            colour = qRgba(*shutter.colour, 255)
            self._draw_layer(painter, picture, shutter.hidden, "hidden", [_NOTHING, colour, colour])

    def _draw_layer(
        self, painter: QPainter, picture: SlicePicture, layer: OverlayLayer, name: str, colours: list[int]
    ) -> None:
        image = self._image_of(layer, name, colours)
        # drawn smaller, lines of one pixel would be lost without smoothing; larger, they are pixels
        is_smaller = picture.transform.scale_x * layer.rect[2] < layer.pixels.shape[1]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smaller)
        place = QRectF(*layer.rect)
        if name == "planes":  # dark edges, of a pixel of the pane: graphics are seen on bone, too
            shadow = self._image_of(layer, "shadow", [_NOTHING, _SHADOW, _NOTHING])
            across, down = 1.0 / picture.transform.scale_x, 1.0 / picture.transform.scale_y
            for x, y in ((-across, 0.0), (across, 0.0), (0.0, -down), (0.0, down)):
                painter.drawImage(place.translated(x, y), shadow)
        painter.drawImage(place, image)

    def _image_of(self, layer: OverlayLayer, name: str, colours: list[int]) -> QImage:
        known = self._images.get(name)
        if known is None or known[0] is not layer:
            height, width = layer.pixels.shape
            image = QImage(layer.pixels.data, width, height, width, QImage.Format.Format_Indexed8)
            image.setColorTable(colours)
            # whole colours: Qt would look each pixel up in the table at every painting
            known = self._images[name] = (layer, image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))
        return known[1]
