"""Draws a model's heat map, and what a run has found so far, between the images and the mask of a pane."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from medview.session.scene import Scene
from medview.view.slice_picture import SlicePicture
from medview.view.voxel_layer import VoxelLayer, VoxelPicture


class VoxelPainter:
    """Draws the layers of one pane in picture coordinates, with sharp voxels."""

    def __init__(self) -> None:
        self._layer = VoxelLayer()
        self._images: dict[int, tuple[VoxelPicture, QImage]] = {}

    def draw(self, painter: QPainter, picture: SlicePicture, scene: Scene) -> None:
        """Draw what there is."""
        layers = self._layer.heat(scene, picture), self._layer.partial(scene, picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for place, layer in enumerate(layers):
            if layer is not None:
                painter.drawImage(QPointF(0, 0), self._image(place, layer))
            else:
                self._images.pop(place, None)

    def _image(self, place: int, layer: VoxelPicture) -> QImage:
        kept = self._images.get(place)
        if kept is None or kept[0] is not layer:
            height, width = layer.colours.shape[:2]
            plain = QImage(layer.colours.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
            kept = self._images[place] = layer, plain.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        return kept[1]
