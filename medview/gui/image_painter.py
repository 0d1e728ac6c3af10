"""Draws the image itself: its greys or colours, magnified smoothly or pixel by pixel."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from medview.imaging.colour_maps import colour_table
from medview.view.slice_view import SlicePicture


class ImagePainter:
    """Draws the images of one pane and keeps what is drawn until it changes."""

    def __init__(self) -> None:
        self._key: tuple[object, object] = (None, None)
        self._image = QImage()
        self._pixels: NDArray[np.generic] | None = None  # what the image lies on

    def draw(self, painter: QPainter, picture: SlicePicture, *, smooth: bool) -> None:
        """Draw the image in picture coordinates."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(QRectF(*picture.grey_rect), self._image_of(picture))

    def _image_of(self, picture: SlicePicture) -> QImage:
        key = (picture.grey, picture.colours)
        if any(new is not old for new, old in zip(key, self._key, strict=True)):
            height, width = picture.grey.shape[:2]
            if picture.grey.ndim == 3:
                self._pixels = picture.grey
                self._image = QImage(picture.grey.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            else:
                # Qt draws whole colours twice as fast as greys or places in a table
                self._pixels = _packed(picture.colours).take(picture.grey)
                self._image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
            self._key = key
        return self._image


def _packed(colours: NDArray[np.uint8] | None) -> NDArray[np.uint32]:
    """Return the colours of the levels 0 to 255 as Qt holds them."""
    return _grey_table() if colours is None else _pack(colours)


@lru_cache(maxsize=1)
def _grey_table() -> NDArray[np.uint32]:
    return _pack(colour_table("grey"))


def _pack(colours: NDArray[np.uint8]) -> NDArray[np.uint32]:
    red, green, blue = colours.T.astype(np.uint32)
    packed: NDArray[np.uint32] = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return packed
