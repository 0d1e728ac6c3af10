"""Writes SYNTHETIC across what shows images that were never measured."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from medview.imaging.stamp import SYNTHETIC
from medview.session.scene import Scene
from medview.study.fusion import Fusion

_FILL, _EDGE = QColor(255, 214, 10, 150), QColor(0, 0, 0, 150)
_SHARE = 0.8  # of the width that it is written in
_MOST_PX = 72


def draw_watermark(painter: QPainter, scene: Scene, font: QFont, size: tuple[int, int]) -> None:
    """Write it over the part of a pane in which a synthetic second volume is seen; nothing where none is."""
    fusion = scene.fusion
    if fusion is None or not fusion.is_synthetic or (fusion.mode == "flicker" and not fusion.shows_second):
        return
    area = seen_area(fusion, size)
    large = QFont(font)
    large.setBold(True)
    large.setPixelSize(20)
    wanted = area.width() * _SHARE / QFontMetricsF(large).horizontalAdvance(SYNTHETIC) * 20
    large.setPixelSize(max(12, min(_MOST_PX, round(wanted))))
    metrics = QFontMetricsF(large)
    middle = area.center()
    # below the middle, where the crosshair and what is looked at lie, and between the texts of the corners
    at = QPointF(middle.x() - metrics.horizontalAdvance(SYNTHETIC) / 2, area.top() + area.height() * 0.7)
    path = QPainterPath()
    path.addText(at, large, SYNTHETIC)
    painter.save()
    painter.setClipRect(area)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(_EDGE, 3.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(path)
    painter.fillPath(path, _FILL)
    painter.restore()


def seen_area(fusion: Fusion, size: tuple[int, int]) -> QRectF:
    """Return the part of a pane in which the second volume is seen."""
    width, height = size
    if fusion.mode != "split":
        return QRectF(0, 0, width, height)
    if fusion.split_direction == "beside":
        left = fusion.split_at * width
        return QRectF(left, 0, width - left, height)
    top = fusion.split_at * height
    return QRectF(0, top, width, height - top)
