"""Draws the image itself: its greys or colours, magnified smoothly or pixel by pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from medview.view.slice_picture import SlicePicture


class ImagePainter:
    """Draws the images of one pane and keeps what is drawn until it changes."""

    def __init__(self) -> None:
        self._key: tuple[object, object] = (None, None)
        self._image = QImage()

    def draw(self, painter: QPainter, picture: SlicePicture, *, smooth: bool) -> None:
        """Draw the image in picture coordinates."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(QRectF(*picture.grey_rect), self._image_of(picture))

    def _image_of(self, picture: SlicePicture) -> QImage:
        key = (picture.grey, picture.colours)
        if any(new is not old for new, old in zip(key, self._key, strict=True)):
            # Qt draws whole colours twice as fast as greys or places in a table
            self._image = _plain(picture.grey, picture.colours).convertToFormat(QImage.Format.Format_RGB32)
            self._key = key
        return self._image


def _plain(grey: NDArray[np.uint8], colours: NDArray[np.uint8] | None) -> QImage:
    """Return pixels as they are; the picture that is returned lies on the array, which must be kept."""
    height, width = grey.shape[:2]
    if grey.ndim == 3:
        return QImage(grey.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    if colours is None:
        return QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8)
    image = QImage(grey.data, width, height, width, QImage.Format.Format_Indexed8)
    red, green, blue = colours.T.astype(np.int64)
    image.setColorTable((0xFF000000 | red << 16 | green << 8 | blue).tolist())
    return image
