"""What the window shows while nothing is open."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from medview.gui.language import tr
from medview.gui.theme import theme

_SIZE = (460, 250)


class DropHint(QWidget):
    """A dashed field with a folder, and what to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw field, folder and text."""
        colours = theme()
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(colours.window))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = min(_SIZE[0], self.width() - 24), min(_SIZE[1], self.height() - 24)
        field = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
        painter.setPen(QPen(QColor(colours.border), 2, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(colours.panel))
        painter.drawRoundedRect(field, 14, 14)
        middle = field.center()
        _draw_folder(painter, QPointF(middle.x(), field.top() + field.height() * 0.33), QColor(colours.line))
        texts = (
            (tr("Drop a DICOM folder here, or press Ctrl+O"), 1.3, colours.text, 0.58),
            (tr("CT and MR, with subfolders. Nothing leaves this computer."), 1.0, colours.dim, 0.76),
        )
        for text, scale, colour, place in texts:
            font = QFont(self.font())
            font.setPointSizeF(font.pointSizeF() * scale)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            area = QRectF(field.left() + 20, field.top() + field.height() * place - 20, field.width() - 40, 44)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), text)
        painter.end()


def _draw_folder(painter: QPainter, middle: QPointF, colour: QColor) -> None:
    """Draw an open folder with an arrow into it."""
    pen = QPen(colour, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    outline = ((-34, 24), (-34, -18), (-12, -18), (-6, -10), (34, -10), (34, 24), (-34, 24))
    painter.drawPolyline(QPolygonF([middle + QPointF(x, y) for x, y in outline]))
    arrow = ((0, -36), (0, 10), (-9, 1), (0, 10), (9, 1))
    painter.drawPolyline(QPolygonF([middle + QPointF(x, y) for x, y in arrow]))
