"""The curved pane: a path laid flat, a ruler along it, a marker at the crosshair, and sections across it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from medview.errors import MedViewError, Sentence
from medview.gui.outlined_text import draw_text, text_width
from medview.gui.panes.corner_tips import CornerTips
from medview.gui.panes.empty_pane import empty_pane_text
from medview.gui.panes.finding_layer import FindingLayer, draw_outline
from medview.gui.panes.pane_painter import PANE_COLOURS, PanePainter
from medview.gui.panes.pane_widget import PaneWidget
from medview.jobs.job import Job
from medview.session.curved_path import path_in_view
from medview.session.finding_view import finding_view
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.turn_planes import why_not
from medview.study.finding import Finding
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement
from medview.view.comparison_lines import comparison_lines
from medview.view.curved_boxes import section_boxes, sheet_boxes
from medview.view.curved_picture import CrossSection, CurvedPicture
from medview.view.curved_text import curved_corner_text
from medview.view.curved_view import CurvedRequest, CurvedView
from medview.view.scale_bar import scale_bar

_NO_PATH = Sentence(
    "Draw a path to see it laid flat: choose “Draw a path” in the menu Planes, and click along a vessel or the jaw."
)
_STILL_MS = 150
_TICK_PX = 5.0
_RULER_PX = 40.0  # room for its numbers
_TEXT = QColor(232, 236, 240)
_PATH = QColor(255, 214, 64, 170)
_Sampled = tuple[NDArray[Any], NDArray[np.bool_]]


class CurvedWidget(PaneWidget):
    """A pane that shows the path of its scene laid flat. What takes long to interpolate is coarse until it is still."""

    def __init__(self, session: Session, pane: str, parent: QWidget | None = None) -> None:
        super().__init__(session, pane, parent)
        self._view: CurvedView | None = None
        self._sampled: tuple[CurvedRequest, _Sampled] | None = None
        self._job: Job | None = None
        self._error: MedViewError | None = None
        self._findings = FindingLayer()
        self._tips = CornerTips(self, self._finding_at)
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(_STILL_MS)
        self._still.timeout.connect(self.update)
        self._lasting.connect(session.focus.changed, self._repaint)
        self._on_scene()

    def release(self) -> None:
        """Let go of the session: the window is closing."""
        self._still.stop()
        self._give_up()
        super().release()

    def picture(self) -> CurvedPicture | None:
        """Return what the pane shows now: coarse where more is still being interpolated; None without a path."""
        path = self._path()
        if path is None or self._view is None:
            return None
        size = (self.width(), self.height())
        try:
            request, sampled = self._values(self._view, path, size)
            self._error = None
            return self._view.picture(path, size, request, sampled)
        except MedViewError as error:
            self._error = error
            return None

    def position_mm(self, x: float, y: float) -> FloatArray | None:
        """Return the LPS point under a point of the reformat or of a section; None beside them."""
        picture = self.picture()
        return None if picture is None else picture.pane_to_mm(x, y)

    def draw(self, painter: QPainter, *, patient_text: bool, bare: bool) -> None:
        """Draw reformat, ruler, marker, sections and texts; `bare` leaves out the highlight."""
        pane = PanePainter(painter, self.width(), self.height(), self.font(), PANE_COLOURS["curved"])
        picture, scene = self.picture(), self.scene
        if picture is not None and scene is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_reformat(painter, picture)
            for section in picture.sections:
                self._draw_section(painter, section, is_here=abs(section.arc_mm - picture.arc_mm) < 1e-6)
            self._draw_findings(painter, picture, scene)
            self._draw_letters(painter, picture)
            beside = comparison_lines(self.session, self.pane, patient_text=patient_text)
            pane.corners(curved_corner_text(scene, self.viewport, picture, patient_text=patient_text, beside=beside))
        elif scene is not None:
            reason = why_not(scene)
            told = (self._error.message, self._error.remedy) if self._error is not None else (reason or _NO_PATH,)
            pane.message(*told)
        elif not bare:
            pane.message(*empty_pane_text(self.session, self.pane))
        if not bare:
            pane.frame(active=self.session.active_pane == self.pane)

    def _path(self) -> Measurement | None:
        scene = self.scene
        if scene is None or why_not(scene) is not None:
            return None
        return path_in_view(self.session, scene)

    # what is interpolated

    def _values(self, view: CurvedView, path: Measurement, size: tuple[int, int]) -> tuple[CurvedRequest, _Sampled]:
        """Return values in full where they are there or soon made, else coarse ones while the full ones are made."""
        full = view.request(path, size, coarse=False)
        if self._sampled is not None and self._sampled[0].key == full.key:
            return self._sampled
        if not view.is_costly(full):
            self._give_up()
            self._sampled = full, full.values()
            return self._sampled
        if not self._still.isActive():
            self._submit(full)
        coarse = view.request(path, size, coarse=True)
        if self._sampled is None or self._sampled[0].key != coarse.key:
            self._give_up()
            self._sampled = coarse, coarse.values()
            self._still.start()
        return self._sampled

    def _submit(self, request: CurvedRequest) -> None:
        """Interpolate in full elsewhere."""
        if self._job is not None:
            return

        def take(values: _Sampled) -> None:
            self._sampled = request, values
            self.update()

        self._job = self.session.jobs.submit("Curved view", request.values, place="render", on_done=take, silent=True)
        self._job.finished.connect(partial(self._forget, self._job))

    def _forget(self, job: Job) -> None:
        if self._job is job:
            self._job = None

    def _give_up(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    # what is painted

    def _draw_reformat(self, painter: QPainter, picture: CurvedPicture) -> None:
        painter.save()
        left, top, width, height = picture.area
        painter.setClipRect(QRectF(left, top, width, height))
        t = picture.transform
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rows, columns = picture.grey.shape
        target = QRectF(t.offset_x, t.offset_y, columns * t.scale_x, rows * t.scale_y)
        painter.drawImage(target, _image(picture.grey))
        painter.setPen(QPen(_PATH, 1.0, Qt.PenStyle.DotLine))
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in picture.path_line().tolist()]))
        self._draw_marker(painter, picture)
        painter.restore()
        self._draw_ruler(painter, picture)

    def _draw_findings(self, painter: QPainter, picture: CurvedPicture, scene: Scene) -> None:
        """Draw the boxes that the surface and the sections cut, each within its own picture."""
        painter.save()
        area = QRectF(*picture.area)
        painter.setClipRect(area)
        boxes = sheet_boxes(scene, picture, self.viewport.slab_mm)
        self._findings.draw_boxes(painter, boxes, scene, self.font(), area)
        for section in picture.sections:
            painter.setClipRect(QRectF(*section.rect))
            for drawn in section_boxes(scene, section):
                draw_outline(painter, drawn)
        painter.restore()

    def _draw_marker(self, painter: QPainter, picture: CurvedPicture) -> None:
        """Draw the line across at the crosshair, and thinner ones where the other sections lie."""
        for section in picture.sections:
            is_here = abs(section.arc_mm - picture.arc_mm) < 1e-6
            colour = QColor(PANE_COLOURS["curved"])
            colour.setAlpha(230 if is_here else 110)
            painter.setPen(
                QPen(colour, 1.4 if is_here else 1.0, Qt.PenStyle.SolidLine if is_here else Qt.PenStyle.DashLine)
            )
            painter.drawLine(QLineF(*picture.marker(section.arc_mm)))

    def _draw_ruler(self, painter: QPainter, picture: CurvedPicture) -> None:
        """Draw mm along the path at the edge of the reformat: a label every long tick."""
        px_per_mm = picture.transform.scale_y if picture.is_upright else picture.transform.scale_x
        px_per_mm /= picture.pixel_mm[0]
        bar = scale_bar(px_per_mm, 90.0)
        if bar is None:
            return
        left, top, width, height = picture.area
        painter.setPen(QPen(_TEXT, 1.0))
        metrics = QFontMetrics(self.font())
        for number in range(int(picture.curve.length_mm / bar.length_mm) + 1):
            x, y = picture.to_pane(picture.sheet.along_of_arc(number * bar.length_mm), picture.sheet.extent_mm[0])
            text = f"{number * bar.length_mm:g}" + (" mm" if number == 0 else "")
            if picture.is_upright and top <= y <= top + height:
                edge = max(x, left)
                painter.drawLine(QLineF(edge - _TICK_PX, y, edge, y))
                draw_text(
                    painter,
                    edge - _TICK_PX - 3 - text_width(text, self.font()),
                    y + metrics.capHeight() / 2,
                    text,
                    self.font(),
                    _TEXT,
                )
            elif not picture.is_upright and left <= x <= left + width:
                edge = max(y, top)  # within the picture: above it are the texts of the corners
                painter.drawLine(QLineF(x, edge, x, edge + _TICK_PX))
                below = edge + _TICK_PX + 2 + metrics.ascent()
                draw_text(painter, x - text_width(text, self.font()) / 2, below, text, self.font(), _TEXT)

    def _draw_letters(self, painter: QPainter, picture: CurvedPicture) -> None:
        """Write the letters of the place at the marker about the reformat."""
        t = picture.transform
        rows, columns = picture.grey.shape
        seen = QRectF(t.offset_x, t.offset_y, columns * t.scale_x, rows * t.scale_y) & QRectF(*picture.area)
        font = QFont(self.font())
        font.setBold(True)
        widths = [text_width(text, font) for text in picture.letters]
        middle, ascent = seen.center(), QFontMetrics(font).ascent()
        beside_ruler = _RULER_PX if picture.is_upright else 6.0
        for text, x, y in (
            (picture.letters[0], seen.left() - widths[0] - beside_ruler, middle.y() + ascent / 2),
            (picture.letters[1], seen.right() + 6.0, middle.y() + ascent / 2),
            (picture.letters[2], middle.x() - widths[2] / 2, seen.top() - 6.0),
            (picture.letters[3], middle.x() - widths[3] / 2, seen.bottom() + ascent + 4.0),
        ):
            draw_text(painter, x, y, text, font, QColor(255, 255, 255))

    def _draw_section(self, painter: QPainter, section: CrossSection, *, is_here: bool) -> None:
        area = QRectF(*section.rect)
        painter.drawImage(area, _image(section.grey))
        colour = QColor(PANE_COLOURS["curved"])
        colour.setAlpha(230 if is_here else 110)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 1.4 if is_here else 1.0))
        painter.drawRect(area)
        middle = area.center()
        for x, y in ((6.0, 0.0), (0.0, 6.0)):
            painter.drawLine(QPointF(middle.x() - x, middle.y() - y), QPointF(middle.x() + x, middle.y() + y))
        draw_text(painter, area.left() + 4, middle.y() + 5, section.letters[0], self.font(), _TEXT)
        draw_text(painter, middle.x() - 4, area.top() + 14, section.letters[1], self.font(), _TEXT)
        text = f"{section.arc_mm:.1f} mm"
        draw_text(painter, area.left() + 4, area.bottom() - 5, text, self.font(), _TEXT)

    # what is followed

    def _take_scene(self) -> None:
        self._passing.end()
        self._give_up()
        self._sampled, self._error = None, None
        self._findings = FindingLayer()
        scene = self.scene
        self._view = CurvedView(scene, self.viewport) if scene is not None else None
        if scene is not None:
            study = scene.study
            findings = study.findings.changed, finding_view(study).changed
            for signal in (scene.cursor_changed, scene.display_changed, study.measurements.changed, *findings):
                self._passing.connect(signal, self._repaint)
        self.update()

    def _finding_at(self, at: QPointF) -> Finding | None:
        return self._findings.at(at)

    def _hover(self, at: QPointF | None) -> None:
        """Point out the box under the mouse."""
        super()._hover(at)
        if self._button == "none":
            self._findings.hover(at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the path out in the new room."""
        super().resizeEvent(event)
        self.update()


def _image(grey: NDArray[np.uint8]) -> QImage:
    """Return grey pixels as a QImage on the same memory, or three channels."""
    height, width = grey.shape[:2]
    return QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8)
