"""Draws the measurements of a pane: lines with a dark edge, handles, texts, and lines that lead to moved texts."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

from medview.errors import Sentence
from medview.gui.language import language, say
from medview.gui.one_line import one_line
from medview.gui.outlined_text import draw_text, text_width
from medview.imaging.pane_frame import PaneFrame
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import FloatArray
from medview.view.measurement_overlay import DrawnMeasurement, drawn_measurements
from medview.view.text_places import Box, TextWish, leader, seen_part, text_places

_EDGE = QColor(0, 0, 0, 200)
_GROUND = QColor(10, 14, 20, 88)  # behind texts, so that they are read on white, and what they lie on is still seen
_LONGEST = 60  # characters of a line beside a shape; the list shows it whole
_LINE_PX = (1.5, 2.2)  # of any measurement, and of one that is selected or under the mouse
_DOT_PX, _HANDLE_PX, _HOVERED_PX = 1.8, 4.0, 5.5
_CROSS_PX = 6.0
_ARROW_PX = 12.0
_LEADER_FROM_PX = 14.0  # a text farther from its shape is joined to it by a line


class MeasurementPainter:
    """Draws the measurements of one pane, and knows where it has put their texts.

    Attributes
    ----------
    texts
        By Tracking UID: the rectangle of each text in the pane.
    """

    def __init__(self) -> None:
        self.texts: dict[str, QRectF] = {}
        self._key: tuple[object, ...] = ()
        self._drawn: tuple[DrawnMeasurement, ...] = ()
        self._lines: list[list[str]] = []
        self._wishes: list[TextWish] = []
        self._places: tuple[Box, ...] = ()

    def draw(
        self,
        painter: QPainter,
        session: Session,
        scene: Scene,
        frame: PaneFrame,
        font: QFont,
        size: QRectF,
        kept_clear: tuple[Box, ...] = (),
        *,
        bare: bool = False,
    ) -> None:
        """Draw what lies in the plane of the pane, over the image; `bare` points none of it out.

        No text goes to the boxes of `kept_clear` where there is room elsewhere.
        """
        self._look(session, scene, frame, font, size, kept_clear)
        for drawn in self._drawn:
            draw_shape(painter, _plain(drawn) if bare else drawn)
        for drawn, lines, wish, box in zip(self._drawn, self._lines, self._wishes, self._places, strict=True):
            if lines:
                _draw_leader(painter, drawn, wish.points, box)
                _draw_lines(painter, drawn, lines, box, font)

    def text_at(self, x: float, y: float) -> str:
        """Return whose text lies at a point of the pane, "" for nobody's."""
        return next((uid for uid, area in reversed(self.texts.items()) if area.contains(x, y)), "")

    def _look(
        self,
        session: Session,
        scene: Scene,
        frame: PaneFrame,
        font: QFont,
        size: QRectF,
        kept_clear: tuple[Box, ...],
    ) -> None:
        """Work out anew what is drawn where anything of it has changed."""
        measurements, focus = scene.study.measurements, session.focus
        place = (*frame.origin_mm, *frame.right_mm, *frame.down_mm, frame.slice_index)
        picked = (focus.selected_uid, focus.hovered_uid, focus.hovered_handle)
        read = scene.loading.count if scene.loading is not None else -1
        # a study that is closed must be free to go
        fused = None if scene.fusion is None else (weakref.ref(scene.fusion.placed), scene.fusion.basis)
        what = (weakref.ref(scene), measurements.revision, fused)
        key = (*what, place, picked, read, font.key(), size.getRect(), kept_clear, language())
        if key == self._key:
            return
        self._key, self._drawn = key, drawn_measurements(session, scene, frame)
        self._lines = [[_cut(text) for text in d.texts] if _is_in(d, size) else [] for d in self._drawn]
        pane_size = (size.width(), size.height())
        self._wishes = [seen_part(wish, pane_size) for wish in self._wished(font)]
        self._places = text_places(self._wishes, pane_size, kept_clear)
        written = zip(self._drawn, self._lines, self._places, strict=True)
        self.texts = {d.measurement.tracking_uid: QRectF(*box) for d, lines, box in written if lines}

    def _wished(self, font: QFont) -> list[TextWish]:
        """Return the size of each text, and its shape."""
        height = QFontMetrics(font).height()
        return [
            TextWish(
                (max((text_width(t, font) for t in t_lines), default=0), height * len(t_lines)),
                d.points,
                d.text_at,
                d.placed.lines,
            )
            for d, t_lines in zip(self._drawn, self._lines, strict=True)
        ]


def _plain(drawn: DrawnMeasurement) -> DrawnMeasurement:
    """Return what is drawn as nobody points at it."""
    return replace(drawn, is_selected=False, is_hovered=False, hovered_handle=None)


def _is_in(drawn: DrawnMeasurement, size: QRectF) -> bool:
    """Whether something of a shape is seen: what lies outside the pane writes nothing at its edge."""
    (left, top), (right, bottom) = drawn.points.min(axis=0), drawn.points.max(axis=0)
    return bool(left < size.right() and right > size.left() and top < size.bottom() and bottom > size.top())


def draw_shape(painter: QPainter, drawn: DrawnMeasurement) -> None:
    """Draw lines, marks and handles of a measurement, in coordinates of the pane, without its text."""
    colour, placed = QColor(*drawn.measurement.colour), drawn.placed
    is_strong = drawn.is_selected or drawn.is_hovered or drawn.is_draft
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shade, width in ((_EDGE, _LINE_PX[is_strong] + 1.8), (colour, _LINE_PX[is_strong])):
        pen = QPen(shade, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        if not placed.is_whole and shade is colour:
            pen.setStyle(Qt.PenStyle.DashLine)  # only the cut through it lies here
        painter.setPen(pen)
        for line in placed.lines:
            painter.drawPolyline(_polygon(line))
        _END_MARKS.get(drawn.measurement.kind, _no_mark)(painter, drawn)
        for x, y in placed.crossings.tolist():
            _cross(painter, x, y, _CROSS_PX / 2)
    _draw_handles(painter, drawn, colour, is_shown=is_strong or not placed.is_whole)


def _draw_handles(painter: QPainter, drawn: DrawnMeasurement, colour: QColor, *, is_shown: bool) -> None:
    """Draw the points that can be dragged: as dots, and as rings where the measurement is pointed out."""
    if drawn.measurement.kind in ("probe", "text"):
        is_shown = is_shown and drawn.measurement.kind == "text"
    for (x, y), number in zip(drawn.placed.handles.tolist(), drawn.placed.handle_numbers, strict=True):
        if not is_shown and drawn.measurement.kind in ("probe", "text", "arrow"):
            continue
        radius = _HANDLE_PX if is_shown else _DOT_PX
        radius = _HOVERED_PX if number == drawn.hovered_handle else radius
        painter.setPen(QPen(_EDGE, 1.2))
        painter.setBrush(colour if radius != _HANDLE_PX else QColor(20, 22, 26, 150))
        if is_shown:
            painter.drawEllipse(QPointF(x, y), radius + 1.0, radius + 1.0)
            painter.setPen(QPen(colour, 1.6))
        painter.drawEllipse(QPointF(x, y), radius, radius)


def _no_mark(painter: QPainter, drawn: DrawnMeasurement) -> None:
    """Draw nothing but the line."""


def _probe_mark(painter: QPainter, drawn: DrawnMeasurement) -> None:
    for x, y in drawn.placed.handles.tolist():
        _cross(painter, x, y, _CROSS_PX)


def _arrow_mark(painter: QPainter, drawn: DrawnMeasurement) -> None:
    """Draw the head at the first point."""
    if drawn.placed.lines:
        tip, tail = drawn.placed.lines[0][0], drawn.placed.lines[0][-1]
        length = float(np.linalg.norm(tail - tip))
        back = (tail - tip) / length * min(_ARROW_PX, length) if length > 0 else np.zeros(2)
        side = np.array([-back[1], back[0]]) * 0.4
        for wing in (back + side, back - side):
            painter.drawLine(QPointF(*tip), QPointF(*(tip + wing)))


def _calliper_mark(painter: QPainter, drawn: DrawnMeasurement) -> None:
    """Draw short strokes across the ends, so that they are seen exactly."""
    for line in drawn.placed.lines:
        along = line[-1] - line[0]
        length = float(np.linalg.norm(along))
        across = np.array([-along[1], along[0]]) / length * 4.0 if length > 8.0 else np.zeros(2)
        for end in (line[0], line[-1]):
            painter.drawLine(QPointF(*(end - across)), QPointF(*(end + across)))


def _cobb_mark(painter: QPainter, drawn: DrawnMeasurement) -> None:
    """Join the middles of the two lines with a thin one."""
    if len(drawn.placed.lines) == 2:
        pen = QPen(painter.pen())
        pen.setWidthF(pen.widthF() * 0.6)
        pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        first, second = (line.mean(axis=0) for line in drawn.placed.lines)
        painter.drawLine(QPointF(*first), QPointF(*second))


_END_MARKS: dict[str, Callable[[QPainter, DrawnMeasurement], None]] = {
    "probe": _probe_mark,
    "arrow": _arrow_mark,
    "length": _calliper_mark,
    "calibration": _calliper_mark,
    "bidirectional": _calliper_mark,
    "cobb": _cobb_mark,
}


def _draw_leader(painter: QPainter, drawn: DrawnMeasurement, points: FloatArray, box: Box) -> None:
    """Join a text that lies apart to what is seen of its shape."""
    if drawn.measurement.kind == "text":
        return
    start, end = leader(box, points)
    line = QLineF(QPointF(*start), QPointF(*end))
    if line.length() < _LEADER_FROM_PX:
        return
    for shade, width in ((_EDGE, 2.6), (QColor(*drawn.measurement.colour), 1.0)):
        painter.setPen(QPen(shade, width, Qt.PenStyle.DotLine if width == 1.0 else Qt.PenStyle.SolidLine))
        painter.drawLine(line)


def _draw_lines(painter: QPainter, drawn: DrawnMeasurement, lines: list[str], box: Box, font: QFont) -> None:
    metrics, colour = QFontMetrics(font), QColor(*drawn.measurement.colour)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_GROUND)
    painter.drawRoundedRect(QRectF(*box).adjusted(-3, -1, 3, 1), 3, 3)
    for row, line in enumerate(lines):
        draw_text(painter, box[0], box[1] + metrics.ascent() + row * metrics.height(), line, font, colour)


def _cross(painter: QPainter, x: float, y: float, arm: float) -> None:
    painter.drawLine(QPointF(x - arm, y), QPointF(x + arm, y))
    painter.drawLine(QPointF(x, y - arm), QPointF(x, y + arm))


def _polygon(line: FloatArray) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in line.tolist()])


def _cut(text: Sentence | str) -> str:
    """Return a line as it is written: what a person has typed on one line, and not too long."""
    said = say(text) if isinstance(text, Sentence) else one_line(text)
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"
