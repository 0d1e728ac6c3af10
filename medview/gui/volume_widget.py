"""The 3D pane: asks for pictures of the volume and paints those that come."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from medview.errors import MedViewError, Sentence
from medview.gui.empty_pane import empty_pane_text
from medview.gui.frame_loop import FrameLoop
from medview.gui.pane_painter import PANE_COLOURS, PanePainter
from medview.gui.pane_widget import PaneWidget
from medview.gui.surface_loop import SurfaceLoop
from medview.imaging.camera import Camera
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import FloatArray
from medview.view.comparison_lines import comparison_lines
from medview.view.corner_text import volume_corner_text
from medview.view.segment_surfaces import drawn_surfaces
from medview.view.surface_actor import DrawnSurface
from medview.view.volume_presets import VolumePreset, volume_preset
from medview.view.volume_view import VolumeFrame, VolumePicture

_MOST_PIXELS = 1.0e6  # beyond this a picture is made smaller and stretched: the processor casts its rays

_DARK = 16  # of 255: nobody sees anything of it
_LATER = Sentence("The 3D view follows when all images are read.")
_NEVER = Sentence("There is no 3D view: not all images were read.")
_BLANK = Sentence("This 3D look shows nothing of these images. Choose another one in the menu 3D.")


class VolumeWidget(PaneWidget):
    """A pane that shows its scene in 3D. Never waits for a picture."""

    def __init__(self, session: Session, pane: str, parent: QWidget | None = None) -> None:
        super().__init__(session, pane, parent)
        self._picture: VolumePicture | None = None
        self._image: QImage | None = None
        self._is_blank = False
        self._error: MedViewError | None = None
        self._asked: tuple[object, ...] = ()
        self._frames = FrameLoop(session.jobs, self._take_picture, self._take_error, self)
        self._surfaces = SurfaceLoop(session.jobs, self._ask, session.notices.add_error, self)
        self._on_scene()

    def release(self) -> None:
        """Let go of the session, and of OpenGL on its own thread."""
        super().release()
        self._surfaces.follow(None)
        self._frames.close()

    def position_mm(self, x: float, y: float) -> FloatArray | None:
        """Return None: a point of the 3D pane is a line through the patient."""
        return None

    def preset(self) -> VolumePreset | None:
        """Return the transfer function in use; None with nothing open."""
        scene = self.scene
        return None if scene is None else volume_preset(scene.series.modality, self.viewport.volume_preset)

    def draw(self, painter: QPainter, *, patient_text: bool, bare: bool) -> None:
        """Draw the newest picture, letters and texts; `bare` leaves out the highlight."""
        pane = PanePainter(painter, self.width(), self.height(), self.font(), PANE_COLOURS["volume"])
        scene, preset = self.scene, self.preset()
        if scene is not None and preset is not None:
            self._draw_picture(painter, pane, scene)
            reduction = self._picture.reduction if self._picture is not None else 1
            size = (self.width(), self.height())
            beside = comparison_lines(self.session, self.pane)
            pane.corners(
                volume_corner_text(scene, preset, reduction, size, patient_text=patient_text, beside=beside)
            )
        if not bare:
            if scene is None:
                pane.message(*empty_pane_text(self.session, self.pane))
            pane.frame(active=self.session.active_pane == self.pane)

    def _draw_picture(self, painter: QPainter, pane: PanePainter, scene: Scene) -> None:
        if scene.loading is not None:
            pane.message(_LATER if scene.loading.state == "reading" else _NEVER)
        elif self._error is not None:
            pane.message(self._error.message, self._error.remedy)
        elif self._image is None:
            pane.message(Sentence("Preparing the 3D view…"))
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(0, 0, self.width(), self.height()), self._image)
            if self._is_blank:
                pane.message(_BLANK)
            if scene.volume.geometry.has_orientation:
                pane.letters(self._camera(scene).edge_letters())

    def _camera(self, scene: Scene) -> Camera:
        viewport = self.viewport
        return Camera.of(
            scene.volume.geometry,
            (self.width(), self.height()),
            azimuth_deg=viewport.azimuth_deg,
            elevation_deg=viewport.elevation_deg,
            zoom=viewport.zoom,
            pan_px=viewport.pan_px,
        )

    def _take_scene(self) -> None:
        """Follow the scene of now."""
        self._passing.end()
        self._frames.forget()
        self._picture = self._image = self._error = None
        self._asked = ()
        scene = self.scene
        if scene is not None:
            if scene.loading is not None:
                self._passing.connect(scene.loading.changed, self._repaint)
            self._passing.connect(scene.display_changed, self._ask)
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

    def _ask(self) -> None:
        """Ask for a picture where what it depends on has changed since the last."""
        scene, preset = self.scene, self.preset()
        if scene is None or preset is None or self._error is not None or not self.isVisible():
            return
        if not scene.is_whole or scene.only_plane is not None:
            return
        viewport = self.viewport
        drawn = self._drawn(scene)
        asked = (
            scene.volume,
            (self.width(), self.height(), self.devicePixelRatioF()),
            (viewport.azimuth_deg, viewport.elevation_deg, viewport.zoom, viewport.pan_px),
            (preset, scene.window if preset.scale == "window" else None),
            tuple((item.surface, item.colour, item.opacity) for item in drawn),
        )
        if asked != self._asked:
            self._asked = asked
            size = self._pixel_size()
            self._frames.ask(VolumeFrame(scene.volume, size, self._camera(scene), preset, scene.window, drawn))

    def _drawn(self, scene: Scene) -> tuple[DrawnSurface, ...]:
        if scene.segmentation is None or not scene.mask_visible:
            return ()
        return drawn_surfaces(self._surfaces.surfaces, scene.segmentation.segments, scene.hidden_segments)

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

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with pictures when the pane is seen."""
        super().showEvent(event)
        self._ask()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a picture of the new size."""
        super().resizeEvent(event)
        self._ask()
