"""The points of a transfer function over a plot, to be dragged: opacity as a line, colours as stops below it."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt
from typing import Any, Literal

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from medview.imaging.transfer_function import TransferFunction

STRIP = (-0.17, -0.05)  # top and bottom of the colours, below the plot's zero
_REACH_PX = 11.0
_POINT_PX = 5.5
_LINE = QColor(235, 240, 248)
_EDGE = QColor(10, 12, 16)

HandleKind = Literal["opacity", "colour"]


@dataclass(frozen=True)
class CurveHandle:
    """A point of the function: which of its opacities or colours."""

    kind: HandleKind
    place: int


def height_of(opacity: float) -> float:
    """Return how high an opacity is drawn: its root, since the small ones matter most."""
    return sqrt(min(max(opacity, 0.0), 1.0))


class CurveItem(QGraphicsObject):
    """Draws a function and follows the mouse.

    Signals: `changed(TransferFunction)` at each step of a drag; `settled` at its end and after any other change, when
    the change is whole; `menu_wanted(CurveHandle, global QPoint)` after a right click on a point.
    """

    changed = Signal(object)
    settled = Signal()
    menu_wanted = Signal(object, object)

    def __init__(self, function: TransferFunction, window: tuple[float, float]) -> None:
        super().__init__()
        self._function = function
        self._window = window
        self._area = QRectF(-1, -1, 2, 2)
        self._held: CurveHandle | None = None
        self.setZValue(10)

    @property
    def function(self) -> TransferFunction:
        """What is drawn."""
        return self._function

    def show_function(self, function: TransferFunction, window: tuple[float, float]) -> None:
        """Draw another function, or the same in another window."""
        self._function, self._window = function, window
        self.update()

    def cover(self, area: QRectF) -> None:
        """Take up an area of the plot."""
        self.prepareGeometryChange()
        self._area = area

    def boundingRect(self) -> QRectF:
        """Return the part of the plot that is seen."""
        return self._area

    def places(self) -> dict[CurveHandle, QPointF]:
        """Return where each point is drawn, in the plot's coordinates."""
        function, middle = self._function, (STRIP[0] + STRIP[1]) / 2
        found: dict[CurveHandle, QPointF] = {}
        if function.blend == "composite":
            for place, (point, alpha) in enumerate(function.opacity):
                found[CurveHandle("opacity", place)] = QPointF(self._value(point), height_of(alpha))
        for place, row in enumerate(function.colours):
            found[CurveHandle("colour", place)] = QPointF(self._value(row[0]), middle)
        return found

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the strip of colours, the line and the points, all of them as large at any zoom."""
        to_screen = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_strip(painter, to_screen.mapRect(QRectF(self._area.left(), STRIP[0], self._area.width(), 0.12)))
        places = {handle: to_screen.map(at) for handle, at in self.places().items()}
        line = [at for handle, at in places.items() if handle.kind == "opacity"]
        if line:
            left, right = to_screen.mapRect(self._area).left(), to_screen.mapRect(self._area).right()
            ends = [QPointF(left, line[0].y()), *line, QPointF(right, line[-1].y())]
            painter.setPen(QPen(_EDGE, 4.0))
            painter.drawPolyline(QPolygonF(ends))
            painter.setPen(QPen(_LINE, 1.8))
            painter.drawPolyline(QPolygonF(ends))
        for handle, at in places.items():
            self._draw_handle(painter, handle, at)
        painter.restore()

    def colour_of(self, handle: CurveHandle) -> QColor:
        """Return the colour at a point."""
        rows = self._function.opacity if handle.kind == "opacity" else self._function.colours
        value = self._value(rows[handle.place][0])
        red, green, blue = self._function.colour_at(value, self._window)
        return QColor(round(float(red)), round(float(green)), round(float(blue)))

    def recolour(self, handle: CurveHandle, colour: QColor) -> None:
        """Give a point another colour; a point of opacity gets a colour of its own."""
        function, row = self._function, (colour.red(), colour.green(), colour.blue())
        if handle.kind == "opacity":
            value = function.opacity[handle.place][0]
            kept = [old for old in function.colours if old[0] != value]
            self._change([*kept, (value, *row)])
        else:
            rows = list(function.colours)
            rows[handle.place] = (rows[handle.place][0], *row)
            self._change(rows)
        self.settled.emit()

    def delete(self, handle: CurveHandle) -> None:
        """Take a point away; the last two stay."""
        rows = list(self._function.opacity if handle.kind == "opacity" else self._function.colours)
        if len(rows) > 2:
            del rows[handle.place]
            self._change(rows)
            self.settled.emit()

    def add(self, at: QPointF) -> None:
        """Put a new point where a person has clicked: of opacity, or of colour on the strip."""
        point = self._function.point(at.x(), self._window)
        if at.y() < STRIP[1] or self._function.blend != "composite":
            red, green, blue = (float(channel) for channel in self._function.colour_at(at.x(), self._window))
            self._change([*self._function.colours, (point, red, green, blue)])
        else:
            self._change([*self._function.opacity, (point, min(max(at.y(), 0.0), 1.0) ** 2)])
        self.settled.emit()

    def handle_at(self, at: QPointF) -> CurveHandle | None:
        """Return the point that is nearest to a place of the plot, if it is near on the screen."""
        to_screen = self.sceneTransform()
        wanted = to_screen.map(at)
        far = {
            handle: hypot(to_screen.map(place).x() - wanted.x(), to_screen.map(place).y() - wanted.y())
            for handle, place in self.places().items()
        }
        nearest = min(far, key=lambda handle: far[handle], default=None)
        return nearest if nearest is not None and far[nearest] <= _REACH_PX else None

    # what pyqtgraph's scene calls

    def mouseDragEvent(self, event: Any) -> None:
        """Drag a point; beside the points the plot itself is moved."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        if event.isStart():
            self._held = self.handle_at(event.buttonDownPos())
        if self._held is None:
            event.ignore()
            return
        event.accept()
        self._move(self._held, event.pos())
        if event.isFinish():
            self._held = None
            self.settled.emit()

    def mouseClickEvent(self, event: Any) -> None:
        """Add a point by a double click; ask for the menu of one by a right click."""
        handle = self.handle_at(event.pos())
        if event.button() == Qt.MouseButton.RightButton and handle is not None:
            event.accept()
            self.menu_wanted.emit(handle, event.screenPos().toPoint())
        elif event.double() and event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            if handle is None:
                self.add(event.pos())
            else:
                self.menu_wanted.emit(handle, event.screenPos().toPoint())
        else:
            event.ignore()

    def _move(self, handle: CurveHandle, at: QPointF) -> None:
        """Put a point where the mouse is, between its neighbours."""
        rows: list[tuple[float, ...]] = [
            *(self._function.opacity if handle.kind == "opacity" else self._function.colours)
        ]
        place, point = handle.place, self._function.point(at.x(), self._window)
        if place > 0:
            point = max(point, rows[place - 1][0])
        if place < len(rows) - 1:
            point = min(point, rows[place + 1][0])
        if handle.kind == "opacity":
            rows[place] = (point, min(max(at.y(), 0.0), 1.0) ** 2)
        else:
            rows[place] = (point, *rows[place][1:])
        self._change(rows)

    def _change(self, rows: list[Any]) -> None:
        is_colour = len(rows[0]) == 4
        self._function = self._function.with_colours(rows) if is_colour else self._function.with_opacity(rows)
        self.update()
        self.changed.emit(self._function)

    def _value(self, point: float) -> float:
        return self._function.value(point, self._window)

    def _draw_strip(self, painter: QPainter, strip: QRectF) -> None:
        gradient = QLinearGradient(strip.left(), 0, strip.right(), 0)
        for step in range(65):
            value = self._area.left() + self._area.width() * step / 64
            red, green, blue = self._function.colour_at(value, self._window)
            gradient.setColorAt(step / 64, QColor(round(float(red)), round(float(green)), round(float(blue))))
        painter.fillRect(strip, gradient)

    def _draw_handle(self, painter: QPainter, handle: CurveHandle, at: QPointF) -> None:
        painter.setBrush(self.colour_of(handle))
        painter.setPen(QPen(_EDGE, 3.5))
        for pen in (QPen(_EDGE, 3.5), QPen(_LINE, 1.5)):
            painter.setPen(pen)
            if handle.kind == "opacity":
                painter.drawEllipse(at, _POINT_PX, _POINT_PX)
            else:
                painter.drawRect(QRectF(at.x() - 4.5, at.y() - 7, 9, 14))
