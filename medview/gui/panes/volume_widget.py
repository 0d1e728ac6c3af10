"""The 3D pane: asks for pictures of the volume and paints those that come."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from medview.errors import MedViewError, Sentence
from medview.gui.panes.corner_tips import CornerTips
from medview.gui.panes.empty_pane import empty_pane_text
from medview.gui.panes.frame_loop import FrameLoop
from medview.gui.panes.pane_painter import PANE_COLOURS, PanePainter
from medview.gui.panes.pane_widget import PaneWidget
from medview.gui.panes.surface_loop import SurfaceLoop
from medview.gui.panes.volume_painter import CUBE_PX, cube_place, draw_clipping, draw_cube, draw_cursor, draw_loop
from medview.gui.panes.wire_layer import WireLayer
from medview.imaging.camera import Camera
from medview.imaging.orientation_cube import face_at
from medview.imaging.transfer_function import TransferFunction
from medview.imaging.volume_presets import VolumePreset
from medview.session.finding_view import finding_view
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.volume_camera import Side, look_from, volume_camera
from medview.session.volume_looks import look_in_use
from medview.study.finding import Finding
from medview.study.geometry import FloatArray
from medview.tools.volume_drag import handle_at
from medview.view.comparison_lines import comparison_lines
from medview.view.corner_text import volume_corner_text
from medview.view.scale_bar import scale_bar
from medview.view.segment_surfaces import drawn_surfaces
from medview.view.surface_actor import DrawnSurface
from medview.view.volume_frame import VolumeFrame, VolumePicture

_MOST_PIXELS = 1.0e6  # beyond this a picture is made smaller and stretched: the processor casts its rays

_DARK = 16  # of 255: nobody sees anything of it
_LATER = Sentence("The 3D view follows when all images are read.")
_NEVER = Sentence("There is no 3D view: not all images were read.")
_NO_VOLUME = Sentence("These images are no volume: there is nothing to show in 3D.")
_BLANK = Sentence("This 3D look shows nothing of these images. Choose another one in the menu 3D.")
_SIDES: dict[str, Side] = {
    "A": "anterior",
    "P": "posterior",
    "L": "left",
    "R": "right",
    "H": "superior",
    "F": "inferior",
}


class VolumeWidget(PaneWidget):
    """A pane that shows its scene in 3D. Never waits for a picture."""

    def __init__(self, session: Session, pane: str, parent: QWidget | None = None) -> None:
        super().__init__(session, pane, parent)
        self._picture: VolumePicture | None = None
        self._image: QImage | None = None
        self._is_blank = False
        self._error: MedViewError | None = None
        self._asked: tuple[object, ...] = ()
        self._cursor_before: FloatArray | None = None
        self._wires = WireLayer()
        self._tips = CornerTips(self, self._finding_at)
        self._frames = FrameLoop(session.jobs, self._take_picture, self._take_error, self)
        self._surfaces = SurfaceLoop(session.jobs, self._ask, session.notices.add_error, self)
        # a picture or surface on its way must not reach a pane that Qt has destroyed, nor OpenGL be left open behind it
        self.destroyed.connect(self._frames.close)
        self.destroyed.connect(self._surfaces.close)
        self._on_scene()

    def release(self) -> None:
        """Let go of the session, and of OpenGL on its own thread."""
        super().release()
        self._surfaces.close()
        self._frames.close()

    def position_mm(self, x: float, y: float) -> FloatArray | None:
        """Return None: a point of the 3D pane is a line through the patient."""
        return None

    def preset(self) -> VolumePreset | None:
        """Return the named look that is chosen; None with nothing open."""
        return None if self.scene is None else look_in_use(self.viewport.look, self.scene.series.modality)

    def draw(self, painter: QPainter, *, patient_text: bool, bare: bool) -> None:
        """Draw the newest picture, letters and texts; `bare` leaves out the highlight."""
        pane = PanePainter(painter, self.width(), self.height(), self.font(), PANE_COLOURS["volume"])
        scene, preset = self.scene, self.preset()
        if scene is not None and preset is not None:
            self._draw_picture(painter, pane, scene, bare=bare)
            size = (self.width(), self.height())
            picture = self._picture if self._shows(scene) else None
            beside = comparison_lines(self.session, self.pane, patient_text=patient_text)
            look = self.viewport.look
            pane.corners(
                volume_corner_text(
                    scene,
                    preset,
                    look,
                    picture,
                    size,
                    patient_text=patient_text,
                    beside=beside,
                    mode=self.session.settings["corner_mode"],
                )
            )
        if not bare:
            if scene is None:
                pane.message(*empty_pane_text(self.session, self.pane))
            pane.frame(active=self.session.active_pane == self.pane)

    def _shows(self, scene: Scene) -> bool:
        """Whether there can be a picture."""
        return scene.is_whole and scene.only_plane is None and self._error is None

    def _draw_picture(self, painter: QPainter, pane: PanePainter, scene: Scene, *, bare: bool) -> None:
        if scene.loading is not None:
            pane.message(_LATER if scene.loading.state == "reading" else _NEVER)
        elif scene.only_plane is not None:
            pane.message(_NO_VOLUME)
        elif self._error is not None:
            pane.message(self._error.message, self._error.remedy)
        elif self._image is None:
            pane.message(Sentence("Preparing the 3D view…"))
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(0, 0, self.width(), self.height()), self._image)
            if self._is_blank:
                pane.message(_BLANK)
            self._draw_overlays(painter, pane, scene, bare=bare)

    def _draw_overlays(self, painter: QPainter, pane: PanePainter, scene: Scene, *, bare: bool) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        geometry, look, size = scene.volume.geometry, self.viewport.look, (self.width(), self.height())
        camera = self._seen_from(scene)
        if scene.crosshair_visible:
            draw_cursor(painter, scene, camera, size)
        self._wires.draw(painter, scene, camera, size, self.font())
        if look.clipping is not None and look.clip_handles and not bare:
            draw_clipping(painter, look.clipping, geometry, camera, size)
        if self.viewport.loop is not None and not bare:
            draw_loop(painter, self.viewport.loop, size, self.font())
        place = cube_place(*size)
        if geometry.has_orientation:
            pane.letters(camera.edge_letters())
            if place is not None:
                draw_cube(painter, camera, place, self.font())
        bar = scale_bar(camera.px_per_mm(size), self.width() / 5)
        if bar is not None and geometry.has_spacing and place is not None:
            pane.rulers(bar)

    def _camera(self, scene: Scene) -> Camera:
        return volume_camera(self.viewport, scene.volume.geometry, (self.width(), self.height()))

    def _seen_from(self, scene: Scene) -> Camera:
        """Return the camera of the picture that is painted: letters of one that is still being made would be false."""
        seen = self._picture.camera if self._picture is not None else None
        return seen or self._camera(scene)

    def _take_scene(self) -> None:
        """Follow the scene of now."""
        self._passing.end()
        self._frames.forget()
        self._picture = self._image = self._error = None
        self._wires = WireLayer()
        self._asked = ()
        scene = self.scene
        if scene is not None:
            if scene.loading is not None:
                self._passing.connect(scene.loading.changed, self._repaint)
            self._passing.connect(scene.display_changed, self._repaint)
            self._passing.connect(scene.study.findings.changed, self._repaint)
            self._passing.connect(finding_view(scene.study).changed, self._repaint)
            self._passing.connect(scene.cursor_changed, self._follow_cursor)
            self._passing.connect(scene.segmentation_changed, self._take_segmentation)
        self._take_segmentation()
        self.update()

    def _take_segmentation(self) -> None:
        scene = self.scene
        self._surfaces.follow(scene.segmentation if scene is not None else None)

    def _repaint(self) -> None:
        """Follow a viewport or the session: another picture may be needed."""
        self.update()
        self._ask()

    def _follow_cursor(self) -> None:
        self.update()

    def _ask(self) -> None:
        """Ask for a picture where what it depends on has changed since the last."""
        scene, preset = self.scene, self.preset()
        if scene is None or preset is None or not self._shows(scene) or not self.isVisible():
            return
        look, camera = self.viewport.look, self._camera(scene)
        self._surfaces.smooth(look.smoothing)
        function = look.function or preset.function
        drawn = self._drawn(scene)
        asked = (
            scene.volume,
            (self.width(), self.height(), self.devicePixelRatioF()),
            (camera.right.tobytes(), camera.up.tobytes(), camera.focus_mm.tobytes(), camera.half_height_mm),
            _seen(function, scene.window),
            (look.clipping, look.cuts, look.tissue_visible),
            tuple((item.surface, item.colour, item.opacity) for item in drawn),
        )
        if asked != self._asked:
            self._asked = asked
            size, visible = self._pixel_size(), look.tissue_visible
            frame = VolumeFrame(
                scene.volume, size, camera, function, scene.window, drawn, look.clipping, look.cuts, visible
            )
            self._frames.ask(frame)

    def _drawn(self, scene: Scene) -> tuple[DrawnSurface, ...]:
        if scene.segmentation is None or not scene.mask_visible:
            return ()
        opacity = dict(self.viewport.look.surface_opacity)
        return drawn_surfaces(self._surfaces.surfaces, scene.segmentation.segments, scene.hidden_segments, opacity)

    def _pixel_size(self) -> tuple[int, int]:
        width, height = (side * self.devicePixelRatioF() for side in (self.width(), self.height()))
        factor = min(1.0, math.sqrt(_MOST_PIXELS / max(width * height, 1.0)))
        return max(1, round(width * factor)), max(1, round(height * factor))

    def _take_picture(self, picture: VolumePicture) -> None:
        height, width = picture.pixels.shape[:2]
        self._picture = picture
        self._is_blank = int(picture.pixels[::4, ::4, :3].max()) < _DARK
        self._image = QImage(picture.pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
        self.update()

    def _take_error(self, error: BaseException) -> None:
        reason = type(error).__name__
        unknown = MedViewError("The 3D view failed: {reason}", "The 2D views work without it.", reason=reason)
        self._error = error if isinstance(error, MedViewError) else unknown
        self._picture = self._image = None
        self.update()

    # Qt's events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Look from the side of the cube that is pressed, or begin a drag."""
        side = self._side_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if side is not None:
            self.session.choose(active_pane=self.pane)
            look_from(self.viewport, side)
            return
        self._cursor_before = None if self.scene is None else self.scene.cursor_mm
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fill the window; where the first click has moved the crosshair, it goes back."""
        if event.button() == Qt.MouseButton.LeftButton and self._side_at(event.position()) is not None:
            return
        if self.scene is not None and self._cursor_before is not None:
            self.scene.move_cursor(self._cursor_before)
        super().mouseDoubleClickEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with pictures when the pane is seen."""
        super().showEvent(event)
        self._ask()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a picture of the new size."""
        super().resizeEvent(event)
        self._ask()

    def _hover(self, at: QPointF | None) -> None:
        """Show by the pointer what can be pressed: a handle, a side of the cube."""
        super()._hover(at)
        if self._button == "none":
            self._wires.hover(at)
        if at is not None and self._button == "none":
            here = self._side_at(at) is not None or self._is_on_handle(at) or self._finding_at(at) is not None
            shape = Qt.CursorShape.PointingHandCursor if here else Qt.CursorShape.ArrowCursor
            self.setCursor(Qt.CursorShape.CrossCursor if self.viewport.loop is not None else shape)

    def _finding_at(self, at: QPointF) -> Finding | None:
        return self._wires.at(at)

    def _is_on_handle(self, at: QPointF) -> bool:
        size = (self.width(), self.height())
        return self.scene is not None and handle_at(self.session, self.pane, (at.x(), at.y()), size) is not None

    def _side_at(self, at: QPointF) -> Side | None:
        """Return the side of the patient on the orientation cube's face at a point of the pane."""
        scene, place = self.scene, cube_place(self.width(), self.height())
        if scene is None or place is None or self._image is None or not scene.volume.geometry.has_orientation:
            return None
        letter = face_at(self._seen_from(scene), (at.x() - place[0]) / CUBE_PX, (at.y() - place[1]) / CUBE_PX)
        return _SIDES[letter] if letter is not None else None


def _seen(function: TransferFunction, window: tuple[float, float]) -> tuple[object, ...]:
    """Return what of a function and the window changes the picture."""
    follows_window = function.scale == "window"
    return function, window if follows_window else None
