"""What models have said in a 3D pane: boxes as the wires of their edges, and which of them the mouse is on."""

from __future__ import annotations

import weakref

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QPainter

from medview.gui.language import tr
from medview.gui.outlined_text import draw_text, text_width
from medview.gui.panes.box_painter import box_pens, write_names
from medview.imaging.camera import Camera
from medview.session.finding_view import finding_view
from medview.session.scene import Scene
from medview.study.finding import Finding
from medview.view.finding_boxes import WireBox, wire_boxes

_REACH_PX = 6.0
_MOST_NAMES = 40
_MOST = 250  # boxes: with more, none is told from another, and turning would falter
_TEXT = QColor(232, 236, 240)


class WireLayer:
    """Draws the boxes of one 3D pane; it knows where it has drawn them."""

    def __init__(self) -> None:
        self._wires: tuple[WireBox, ...] = ()
        self._of: weakref.ref[Scene] | None = None

    def draw(self, painter: QPainter, scene: Scene, camera: Camera, size: tuple[int, int], font: QFont) -> None:
        """Draw the boxes of a scene as a camera sees them."""
        wires, self._of = wire_boxes(scene, camera, size), weakref.ref(scene)
        self._wires = wires if len(wires) <= _MOST else _first(wires)
        names_all = len(self._wires) <= _MOST_NAMES
        for wire in self._wires:
            lines = [QLineF(*edge) for edge in wire.edges.tolist()]
            for pen in box_pens(wire):
                painter.setPen(pen)
                painter.drawLines(lines)
        named = [(wire, _seen(wire)) for wire in self._wires if wire.is_strong or names_all]
        write_names(painter, named, font, QRectF(0, 0, *size))
        if len(wires) > _MOST:
            text = tr("{shown} of {count} boxes: those with the highest scores", shown=_MOST, count=len(wires))
            draw_text(painter, (size[0] - text_width(text, font)) / 2, size[1] - 8.0, text, font, _TEXT)

    def at(self, point: QPointF) -> Finding | None:
        """Return the finding whose edges lie nearest to a point of the pane, None where none lies under the mouse."""
        if not self._wires:
            return None
        away = _distances(np.stack([wire.edges for wire in self._wires]), point)
        nearest = int(away.argmin())
        return self._wires[nearest].finding if away[nearest] <= _REACH_PX else None

    def hover(self, at: QPointF | None) -> None:
        """Point out the box whose edges lie under the mouse."""
        scene = self._of() if self._of is not None else None
        if scene is not None:
            under = self.at(at) if at is not None else None
            finding_view(scene.study).hover(under.uid if under is not None else "")


def _first(wires: tuple[WireBox, ...]) -> tuple[WireBox, ...]:
    """Return those that are pointed out, accepted, or have the highest scores, in the order to be drawn."""
    ranked = sorted(wires, key=lambda wire: (wire.is_strong, wire.is_accepted, wire.box.score))
    return tuple(ranked[-_MOST:])


def _seen(wire: WireBox) -> QRectF:
    ends = wire.edges.reshape(-1, 2)
    return QRectF(QPointF(*ends.min(axis=0)), QPointF(*ends.max(axis=0)))


def _distances(edges: NDArray[np.float64], point: QPointF) -> NDArray[np.float64]:
    """Return how far a point lies from the nearest edge of each box, edges (boxes, 12, 4)."""
    start, along = edges[..., :2], edges[..., 2:] - edges[..., :2]
    to_point = np.array([point.x(), point.y()]) - start
    share = np.clip((to_point * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9), 0.0, 1.0)
    return np.asarray(np.linalg.norm(to_point - share[..., None] * along, axis=-1).min(axis=1))
