"""The named looks for what is in view, each with a small picture of the volume itself."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from medview.gui.language import tr
from medview.imaging.camera import Camera
from medview.imaging.volume_presets import VolumePreset
from medview.jobs.job import Job
from medview.jobs.job_queue import JobQueue
from medview.progress import Progress
from medview.session.scene import Scene
from medview.study.volume import Volume
from medview.view.reduced import reduced
from medview.view.volume_frame import VolumeFrame, VolumePicture
from medview.view.volume_limit import VolumeLimit
from medview.view.volume_view import VolumeView

_PICTURE_PX = (112, 88)
_TURN = (30.0, 12.0)  # from the front, a little from the left and above
_SMALL = VolumeLimit(128, 2**62)


class LookList(QListWidget):
    """Pictures of looks in rows. Signal: `chosen(id)`."""

    chosen = Signal(str)

    def __init__(self, jobs: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._view = VolumeView()
        self._job: Job | None = None
        self._scene: Scene | None = None
        self._looks: tuple[VolumePreset, ...] = ()
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setIconSize(QSize(*_PICTURE_PX))
        self.setGridSize(QSize(_PICTURE_PX[0] + 18, _PICTURE_PX[1] + 44))
        self.setWordWrap(True)
        self.setSpacing(4)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.itemClicked.connect(lambda item: self.chosen.emit(str(item.data(Qt.ItemDataRole.UserRole))))
        self.itemActivated.connect(lambda item: self.chosen.emit(str(item.data(Qt.ItemDataRole.UserRole))))

    def show_looks(self, looks: tuple[VolumePreset, ...], scene: Scene | None) -> None:
        """List looks, with pictures that come one after the other; what is listed already stays."""
        if looks == self._looks and scene is self._scene:
            return
        self._looks, self._scene = looks, scene
        self.clear()
        blank = QPixmap(*_PICTURE_PX)
        blank.fill(QColor(0, 0, 0))
        for look in looks:
            item = QListWidgetItem(_icon(blank), tr(look.title))
            item.setData(Qt.ItemDataRole.UserRole, look.id)
            item.setToolTip(tr(look.title))
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            self.addItem(item)
        self._make_pictures()

    def mark(self, look_id: str) -> None:
        """Show which look is chosen."""
        for row in range(self.count()):
            if self.item(row).data(Qt.ItemDataRole.UserRole) == look_id:
                self.setCurrentRow(row)

    def release(self) -> None:
        """Give up the pictures and what OpenGL holds."""
        if self._job is not None:
            self._job.cancel()
        view = self._view
        self._jobs.submit("Closing the 3D view", lambda progress: view.close(), place="render", silent=True, frees=True)

    def _make_pictures(self) -> None:
        """Begin with a small copy of the volume, which is drawn in no time."""
        if self._job is not None:
            self._job.cancel()
        scene, looks = self._scene, self._looks
        if scene is None or not looks:
            return
        volume = scene.volume

        def work(progress: Progress) -> Volume:
            factors = _SMALL.factors(volume.geometry.shape)
            return Volume(*reduced(volume.array, volume.geometry, factors, progress), volume.series)

        def begin(small: Volume) -> None:
            if scene is self._scene and looks is self._looks:
                self._make_next(small, list(looks))

        self._job = self._jobs.submit("Pictures of looks", work, on_done=begin, silent=True)

    def _make_next(self, volume: Volume, looks: list[VolumePreset]) -> None:
        """Make the picture of the first look, then of the others: one job each, so that the 3D pane is not kept."""
        if not looks or self._scene is None:
            return
        look, view, scene = looks[0], self._view, self._scene
        camera = Camera.of(volume.geometry, _PICTURE_PX, azimuth_deg=_TURN[0], elevation_deg=_TURN[1])
        frame = VolumeFrame(volume, _PICTURE_PX, camera, look.function, scene.window)

        def take(picture: VolumePicture) -> None:
            if scene is self._scene:
                self._take(look.id, picture)
                self._make_next(volume, looks[1:])

        self._job = self._jobs.submit(
            "Pictures of looks",
            lambda progress: view.render(frame, progress),
            place="render",
            on_done=take,
            silent=True,
        )

    def _take(self, look_id: str, picture: VolumePicture) -> None:
        height, width = picture.pixels.shape[:2]
        image = QImage(picture.pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
        pixmap = QPixmap.fromImage(image).scaled(QSize(*_PICTURE_PX))
        for row in range(self.count()):
            if self.item(row).data(Qt.ItemDataRole.UserRole) == look_id:
                self.item(row).setIcon(_icon(pixmap))


def _icon(pixmap: QPixmap) -> QIcon:
    """Return an icon that is not tinted where it is chosen: its colours are what it is there for."""
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon
