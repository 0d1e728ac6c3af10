"""A 2D pane: one plane of the scene, painted without OpenGL."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from medview.errors import Sentence
from medview.gui.panes.band_painter import draw_band
from medview.gui.panes.colour_bar_painter import draw_colour_bar
from medview.gui.panes.corner_tips import CornerTips
from medview.gui.panes.crosshair_painter import CrosshairPainter
from medview.gui.panes.empty_pane import empty_pane_text
from medview.gui.panes.finding_layer import FindingLayer
from medview.gui.panes.fusion_painter import FusionPainter
from medview.gui.panes.image_painter import ImagePainter
from medview.gui.panes.magnifier_painter import draw_magnifier
from medview.gui.panes.mask_painter import MaskPainter
from medview.gui.panes.measurement_layer import MeasurementLayer
from medview.gui.panes.overlay_painter import OverlayPainter
from medview.gui.panes.own_layers_painter import OwnLayersPainter
from medview.gui.panes.pane_painter import PANE_COLOURS, PanePainter
from medview.gui.panes.pane_widget import PaneWidget
from medview.gui.panes.plane_refinement import PlaneRefinement
from medview.gui.panes.reference_lines_painter import draw_mark, draw_reference_lines
from medview.gui.panes.screen_size import display_size
from medview.gui.panes.stack_bar_painter import draw_stack_bar
from medview.gui.panes.voxel_painter import VoxelPainter
from medview.gui.panes.watermark_painter import draw_watermark
from medview.session.finding_view import finding_view
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.finding import Finding
from medview.study.geometry import FloatArray
from medview.study.segmentation import Box
from medview.tools.pointer import Button, PointerEvent
from medview.tools.rotate_planes import grip_at
from medview.tools.toolbox import cursor_radius_mm
from medview.view.colour_bar import colour_bar
from medview.view.comparison_lines import comparison_lines
from medview.view.corner_fields import Pointed
from medview.view.corner_set import CornerSet
from medview.view.corner_text import CornerText, corner_text
from medview.view.magnifier import Magnifier, lens
from medview.view.picture_place import PicturePlace
from medview.view.reference_lines import mark_in_pane, reference_lines
from medview.view.ruler import ruler
from medview.view.slice_picture import SlicePicture
from medview.view.slice_view import SliceView
from medview.view.stack_bar import stack_bar
from medview.view.value_text import value_text

_COMING = Sentence("This image is being read…")
_MISSING = Sentence("This image was not read.")
_ACROSS_S = 0.25
_BAR_FROM_PX = 300  # below this the slice number and window need the room
_HOVER_HEIGHT = 150  # of the corner in which the value under the mouse is written


class ViewportWidget(PaneWidget):
    """A pane that shows a plane of its scene.

    Painted in this order, each layer by one line of `draw` or `_draw_picture`: the image, what lies under the mask
    (dose, fused images), the mask, what belongs to the image (overlay planes, shutters), marks, measurements,
    crosshair, letters, ruler and texts.
    """

    def __init__(self, session: Session, pane: str, parent: QWidget | None = None) -> None:
        super().__init__(session, pane, parent)
        self._view: SliceView | None = None
        self._picture: SlicePicture | None = None
        self._pointer_at: QPointF | None = None
        self._image, self._lens_image = ImagePainter(), ImagePainter()
        self._magnifier: Magnifier | None = None
        self._mask, self._lens_mask = MaskPainter(), MaskPainter()
        self._painted_s = 0.0
        self._overlays, self._lens_overlays = OverlayPainter(), OverlayPainter()
        self._fusion = FusionPainter()
        self._own_layers = OwnLayersPainter()
        self._tips = CornerTips(self, self._finding_at)
        self._at_hand: PicturePlace | None = None
        self._measurements = MeasurementLayer(session, self)
        self._findings = FindingLayer()
        self._voxels = VoxelPainter()
        self._lasting.connect(session.focus.changed, self._on_focus)
        self._lasting.connect(session.scene_changed, self._measurements.take_scene)
        self._crosshair = CrosshairPainter(session, pane)
        self._refinement = PlaneRefinement(session.jobs, self.update, self)
        self._on_scene()

    def release(self) -> None:
        """Let go of the session: the window is closing."""
        self._refinement.give_up()
        super().release()

    def picture(self, *, coarse: bool = True) -> SlicePicture | None:
        """Return what the pane shows now; None with nothing open.

        Parameters
        ----------
        coarse
            A thick slab of a turned plane may have larger pixels, until the full one has been made elsewhere.
        """
        if self._view is not None:
            display = display_size(self, self.session.settings)
            self._picture = self._view.picture(self._size, coarse=coarse, display=display)
            if coarse:
                self._refinement.follow(self._view)
        return self._picture

    def position_mm(self, x: float, y: float) -> FloatArray | None:
        """Return the LPS point under a point of the pane on the slice shown, also outside the image."""
        place = self._at_hand or self._place()
        return None if place is None else place.pane_to_mm(x, y)

    def _place(self) -> PicturePlace | None:
        return None if self._view is None else self._view.place(self._size, display_size(self, self.session.settings))

    def draw(self, painter: QPainter, *, patient_text: bool, bare: bool) -> None:
        """Draw image, mask, crosshair and texts; `bare` leaves out mouse and highlight."""
        picture, scene = self.picture(coarse=not bare), self.scene  # what is saved or printed is never coarse
        colour = PANE_COLOURS[picture.plane if picture is not None else "empty"]
        pane = PanePainter(painter, self.width(), self.height(), self.font(), colour)
        if picture is not None and scene is not None:
            self._draw_picture(painter, picture, self._image, self._mask)
            self._draw_unread(pane, picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            hovered = not bare and self._pointer_at is not None
            self._crosshair.draw(painter, picture, scene, (self.width(), self.height()), bare=not hovered)
            self._draw_references(painter, picture)
            self._overlays.draw_marks(painter, picture, scene, self.font(), QRectF(self.rect()))
            self._findings.draw(painter, picture, scene, self.font(), QRectF(self.rect()))
            told = self._corner_text(picture, scene, patient_text=patient_text, bare=bare)
            self._measurements.draw(painter, picture, scene, told, bare=bare)
            self._fusion.draw_line(painter, scene, self.font(), self._size)
            draw_watermark(painter, scene, self.font(), self._size)
            if not bare:
                self._draw_ring(painter, picture)
            pane.letters(picture.letters)
            self._draw_scales(painter, pane, picture, scene)
            pane.corners(self._tips.of(told))
            if not bare:
                self._draw_held(painter, picture, scene)
        if not bare:
            if scene is None:
                pane.message(*empty_pane_text(self.session, self.pane))
            pane.frame(active=self.session.active_pane == self.pane)

    def _corner_text(self, picture: SlicePicture, scene: Scene, *, patient_text: bool, bare: bool) -> CornerText:
        return corner_text(
            scene,
            self.viewport,
            picture,
            self._size,
            patient_text=patient_text,
            pointed=None if bare else self._pointed(picture),
            beside=comparison_lines(self.session, self.pane, patient_text=patient_text),
            corners=CornerSet.chosen(self.session.settings["corner_text"]),
            mode=self.session.settings["corner_mode"],
        )

    def draw_image(self, painter: QPainter) -> None:
        """Draw image and mask alone, without lines, letters and texts."""
        picture = self.picture(coarse=True)
        if picture is not None:
            self._draw_picture(painter, picture, self._image, self._mask)

    def _draw_references(self, painter: QPainter, picture: SlicePicture) -> None:
        """Draw where the slices of other panes lie, and the point that was pointed out."""
        draw_reference_lines(painter, reference_lines(self.session, self.pane, picture), self.font())
        mark = mark_in_pane(self.session, self.pane, picture)
        if mark is not None:
            draw_mark(painter, mark)

    @property
    def _size(self) -> tuple[int, int]:
        return self.width(), self.height()

    def _draw_picture(self, painter: QPainter, picture: SlicePicture, image: ImagePainter, mask: MaskPainter) -> None:
        painter.save()
        t = picture.transform
        painter.translate(t.offset_x, t.offset_y)
        painter.scale(t.scale_x, t.scale_y)
        image.draw(painter, picture, smooth=self.session.settings["interpolation"] != "nearest")
        scene = self.scene
        if scene is not None:
            self._fusion.draw(painter, picture, scene, self.viewport, self._size)
            self._voxels.draw(painter, picture, scene)
            mask.draw(painter, picture.overlay, outline=scene.mask_outline)
        self._own_layers.draw(painter, picture)
        painter.restore()

    def _draw_unread(self, pane: PanePainter, picture: SlicePicture) -> None:
        """Hatch what has not been read; a whole slice says so in words."""
        to_pane = picture.transform.to_pane
        for left, top, width, height in picture.unread:
            pane.unread(QRectF(QPointF(*to_pane(left, top)), QPointF(*to_pane(left + width, top + height))))
        scene = self.scene
        if picture.unread and picture.is_acquired and scene is not None and scene.loading is not None:
            pane.message(_COMING if scene.loading.state == "reading" else _MISSING)

    def _draw_scales(self, painter: QPainter, pane: PanePainter, picture: SlicePicture, scene: Scene) -> None:
        """Draw what tells how large things are, and what the colours mean."""
        scale = ruler(scene, picture, self.width() / 5) if self.width() >= _BAR_FROM_PX else None
        if scale is not None:
            pane.rulers(scale)
        colours = colour_bar(scene, picture, self._size)
        if colours is not None:
            draw_colour_bar(painter, colours, self.font())

    def _draw_held(self, painter: QPainter, picture: SlicePicture, scene: Scene) -> None:
        """Draw what the mouse can take and what it holds: the stack's bar, a rectangle, the magnifier."""
        at, stack = self.viewport.lens_px, stack_bar(scene, picture, self._size)
        if stack is not None:
            draw_stack_bar(painter, stack)
        if self.viewport.band_px is not None:
            draw_band(painter, self.viewport.band_px)
        if at is None:
            return
        held = lens(at, float(self.session.settings["magnifier_zoom"]), self._size)
        if self._magnifier is None:
            self._magnifier = Magnifier(scene, self.viewport)
        seen = self._magnifier.picture(held, self._size, display_size(self, self.session.settings))
        value = seen.value_at_pane(*at)
        text = "" if value is None else value_text(scene.volume, value)
        draw_magnifier(painter, held, lambda: self._draw_in_lens(painter, seen, scene), text, self.font())

    def _draw_in_lens(self, painter: QPainter, seen: SlicePicture, scene: Scene) -> None:
        """Draw in the lens what lies on the image below it, in its own larger place."""
        self._draw_picture(painter, seen, self._lens_image, self._lens_mask)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._lens_overlays.draw_marks(painter, seen, scene, self.font(), QRectF(self.rect()))
        self._findings.draw_in_lens(painter, seen, scene)
        self._measurements.draw_in_lens(painter, seen, scene)

    def _draw_ring(self, painter: QPainter, picture: SlicePicture) -> None:
        """Draw the brush where the mouse is."""
        radius = self._ring_radius(picture)
        if radius is None or self._pointer_at is None:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255), 1.2)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(self._pointer_at, radius, radius)

    def _ring_radius(self, picture: SlicePicture) -> float | None:
        radius_mm = cursor_radius_mm(self.session)
        return None if radius_mm is None else radius_mm * picture.transform.scale_x / picture.grid.pixel_mm[0]

    def _pointed(self, picture: SlicePicture) -> Pointed | None:
        if self._pointer_at is None:
            return None
        x, y = self._pointer_at.x(), self._pointer_at.y()
        return Pointed(picture.pane_to_mm(x, y), picture.value_at_pane(x, y))

    def _take_scene(self) -> None:
        self._passing.end()
        self._refinement.give_up()
        self._picture = self._view = self._magnifier = None
        self._mask, self._lens_mask = MaskPainter(), MaskPainter()
        self._fusion = FusionPainter()  # no volume is held that nobody shows
        self._findings, self._voxels = FindingLayer(), VoxelPainter()
        scene = self.scene
        if scene is not None:
            self._view = SliceView(scene, self.viewport)
            for signal in (scene.cursor_changed, scene.display_changed):
                self._passing.connect(signal, self._repaint)
            if scene.loading is not None:
                self._passing.connect(scene.loading.changed, self._on_loading)
            self._passing.connect(scene.segmentation_changed, self._take_scene)
            self._passing.connect(scene.study.annotations.changed, self._repaint)
            self._passing.connect(scene.study.measurements.changed, self._measurements.follow)
            self._passing.connect(scene.study.key_images.changed, self._repaint)
            self._passing.connect(scene.study.findings.changed, self._repaint)
            self._passing.connect(finding_view(scene.study).changed, self._repaint)
            if scene.segmentation is not None:
                self._passing.connect(scene.segmentation.changed, self._on_mask)
                self._passing.connect(scene.segmentation.segments_changed, self._repaint)
        self.update()

    def _on_loading(self) -> None:
        """Paint what has arrived: planes across the images, which take longest, a few times a second."""
        scene = self.scene
        loading = scene.loading if scene is not None else None
        now = time.monotonic()
        if loading is None or loading.state != "reading" or self._is_acquired or now - self._painted_s > _ACROSS_S:
            self._painted_s = now
            self.update()

    @property
    def _is_acquired(self) -> bool:
        return self._view is not None and self._view.plane.axis == 0

    def _on_mask(self, box: Box) -> None:
        """Paint anew what an edit has changed in this slice, and no more."""
        rect = self._view.mark_changed(box) if self._view is not None else None
        if rect is None or self._picture is None:
            return
        left, top = self._picture.transform.to_pane(rect[0], rect[1])
        right, bottom = self._picture.transform.to_pane(rect[0] + rect[2], rect[1] + rect[3])
        self.update(QRectF(left - 3, top - 3, right - left + 6, bottom - top + 6).toAlignedRect())

    def _hover(self, at: QPointF | None) -> None:
        """Show the value under the mouse and the brush; only their places are painted anew."""
        picture = self._picture
        before, self._pointer_at = self._pointer_at, at
        self._find_grip(picture, at)
        if (before is None) != (at is None):
            self.update()  # the handles come and go with the mouse
        elif picture is not None:
            self.update(QRect(0, self.height() - _HOVER_HEIGHT, self.width() // 2, _HOVER_HEIGHT))
            radius = (self._ring_radius(picture) or -4.0) + 4.0
            for point in (before, at):
                if radius > 0 and point is not None:
                    self.update(QRectF(point.x() - radius, point.y() - radius, 2 * radius, 2 * radius).toAlignedRect())
        super()._hover(at)
        if self._button == "none":
            self._measurements.hover(at)
            self._findings.hover(at)

    def _find_grip(self, picture: SlicePicture | None, at: QPointF | None) -> None:
        """Show what of the crosshair a press would take; while a button is down it is what was taken."""
        if self._button != "none":
            return
        grip = None
        if picture is not None and at is not None:
            here, right, down = (picture.pane_to_mm(at.x() + x, at.y() + y) for x, y in ((0, 0), (1, 0), (0, 1)))
            size = (self.width(), self.height())
            steps = (right - here, down - here)
            grip = grip_at(self.session, PointerEvent(self.pane, (at.x(), at.y()), here, size, steps_mm=steps))
        if grip != self._crosshair.grip:
            self._crosshair.grip = grip
            self._show_tool()
            self.update()

    def _show_tool(self) -> None:
        """Show by the pointer that the crosshair can be taken where the mouse is."""
        grip = self._crosshair.grip
        if self._measurements.is_pointed:
            self.setCursor(Qt.CursorShape.SizeAllCursor)
        elif grip is None:
            super()._show_tool()
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor if grip.kind == "turn" else Qt.CursorShape.SizeAllCursor)

    def _on_focus(self) -> None:
        """Follow which measurement is selected or asked about."""
        self._measurements.ask()
        self._show_tool()
        self.update()

    def _takes_double_click(self, event: QMouseEvent) -> bool:
        """Close a polygon, ask for another name of a measurement, or centre a finding."""
        pointer = self._pointer(event.position(), event, "left")
        return self._measurements.double_press(pointer) or super()._takes_double_click(event)

    def _select_at(self, at: QPointF) -> None:
        """Choose the finding under a click, unless the same press has taken a measurement."""
        if not self.session.focus.selected_uid:
            super()._select_at(at)

    def _finding_at(self, at: QPointF) -> Finding | None:
        return self._findings.at(at)

    def _pointer(self, at: QPointF, event: Any, button: Button, steps: float = 0.0) -> PointerEvent:
        self._at_hand = self._place()  # asked for several points of one event
        found = super()._pointer(at, event, button, steps)
        self._at_hand = None
        return self._measurements.completed(found)
