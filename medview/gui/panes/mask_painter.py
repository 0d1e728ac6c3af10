"""Draws the mask over the image: filled voxels, or their outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from medview.view.label_overlay import LabelOverlay


class MaskPainter:
    """Draws the mask of one pane and keeps what is drawn until it changes."""

    def __init__(self) -> None:
        self._drawn: LabelOverlay | None = None
        self._image = QImage()
        self._colours: NDArray[np.uint8] | None = None
        self._table: list[int] = []

    def draw(self, painter: QPainter, overlay: LabelOverlay | None, *, outline: bool) -> None:
        """Draw in picture coordinates; None is no mask."""
        if overlay is None or overlay.is_empty:
            return
        if outline:
            _draw_outlines(painter, overlay)
            return
        # voxels are what is edited: their edges stay sharp
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(QPointF(0, 0), self._image_of(overlay))

    def _image_of(self, overlay: LabelOverlay) -> QImage:
        if self._drawn is not overlay:
            height, width = overlay.indices.shape
            numbers = QImage(overlay.indices.data, width, height, width, QImage.Format.Format_Indexed8)
            numbers.setColorTable(self._table_of(overlay.colours))
            # places in a table Qt would look up at every painting, shared out among threads for which it waits
            self._image = numbers.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
            self._drawn = overlay
        return self._image

    def _table_of(self, colours: NDArray[np.uint8]) -> list[int]:
        """Return the colours as Qt holds them, made once for the same."""
        if self._colours is not colours:
            red, green, blue, alpha = colours.T.astype(np.int64)
            self._colours, self._table = colours, (alpha << 24 | red << 16 | green << 8 | blue).tolist()
        return self._table


def _draw_outlines(painter: QPainter, overlay: LabelOverlay) -> None:
    """Draw the outer edges of the voxels of each segment, equally thin at any zoom."""
    for colour, edges in overlay.outlines():
        pen = QPen(QColor(*colour), 1.6)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines([QLineF(*edge) for edge in edges.tolist()])
