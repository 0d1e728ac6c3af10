"""The window of 3D looks: named looks with pictures, the curve of the one in use, clipping and surfaces."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from medview.errors import MedViewError
from medview.gui.bring_to_front import bring_to_front
from medview.gui.following_dialog import FollowingDialog
from medview.gui.language import tr
from medview.gui.links import Links
from medview.gui.looks.look_list import LookList
from medview.imaging.clipping import Clipping
from medview.imaging.transfer_function import TransferFunction
from medview.imaging.value_histogram import ValueHistogram, value_histogram
from medview.imaging.volume_look import VolumeLook
from medview.session.change_look import change_look, remember_look, volume_panes, volume_scene
from medview.session.keep_own_look import forget_own_look, keep_own_look
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.undo import redo, undo
from medview.session.viewport import Viewport
from medview.session.volume_camera import volume_camera
from medview.session.volume_looks import function_in_use, look_in_use, looks_of, own_looks
from medview.study.volume import Volume

_SIZE = QSize(980, 620)


class LookWindow(FollowingDialog):
    """Stays open beside the images and follows the 3D pane of the active slot. Holds nothing itself."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        # imported here: the plot's library takes a second, and nobody waits for it at the start
        from medview.gui.looks.clip_form import ClipForm
        from medview.gui.looks.function_form import FunctionForm
        from medview.gui.looks.surface_form import SurfaceForm

        super().__init__(parent)
        self._session = session
        parent.installEventFilter(self)
        self._links, self._passing = Links(), Links()
        self._viewport: Viewport | None = None
        self._scene: Scene | None = None
        self._before: VolumeLook | None = None  # since the last change that was whole
        self._counted: weakref.ref[Volume] | None = None
        self.setWindowTitle(tr("3D looks"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = LookList(session.jobs, self)
        panes, scene = volume_panes(session), volume_scene(session)
        modality = scene.series.modality if scene is not None else ""
        function = function_in_use(panes[0].look if panes else VolumeLook(), modality)
        self.function = FunctionForm(function, scene.window if scene is not None else (0.5, 1.0), self)
        self.clip, self.surfaces = ClipForm(self), SurfaceForm(self)
        self._lay_out()
        self._connect()
        self._follow()

    def _lay_out(self) -> None:
        self._delete = QPushButton(tr("Delete own look"), self)
        self._delete.setAutoDefault(False)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list, 1)
        column.addWidget(self._delete)
        self.tabs = QTabWidget(self)
        self.tabs.addTab(self.function, tr("Curve"))
        self.tabs.addTab(self.clip, tr("Clip"))
        self.tabs.addTab(self.surfaces, tr("Surfaces"))
        self._parts = QSplitter(self)
        self._parts.addWidget(left)
        self._parts.addWidget(self.tabs)
        self._parts.setSizes([430, 550])
        self._parts.setChildrenCollapsible(False)
        self._empty = QLabel(tr("Open a volume and a layout with a 3D pane."), self)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QHBoxLayout(self)
        layout.addWidget(self._parts)
        layout.addWidget(self._empty)
        self.resize(_SIZE)

    def _connect(self) -> None:
        self.list.chosen.connect(self._choose)
        self._delete.clicked.connect(self._forget)
        function, clip, surfaces = self.function, self.clip, self.surfaces
        function.changed.connect(self._take_function)
        function.undo_wanted.connect(lambda: undo(self._session))
        function.redo_wanted.connect(lambda: redo(self._session))
        function.reset_wanted.connect(lambda: self._change_look("Change 3D look", function=None))
        function.keep_wanted.connect(self._ask_name)
        clip.changed.connect(self._take_clipping)
        clip.plane_wanted.connect(self._put_plane)
        clip.plane_turned.connect(self._turn_plane)
        clip.reset_wanted.connect(
            lambda: self._change_look("Clip the volume", clipping=None, clip_handles=False, cuts=())
        )
        surfaces.changed.connect(self._take_look)
        function.settled.connect(lambda: self._settle("Change 3D look"))
        clip.settled.connect(lambda: self._settle("Clip the volume"))
        surfaces.settled.connect(lambda: self._settle("Change the surfaces"))
        for signal in (self._session.scene_changed, self._session.display_changed, self._session.layout_changed):
            self._links.connect(signal, self._follow)
        self._links.connect(self._session.settings.changed, self._on_settings)
        self.destroyed.connect(self._links.end)
        self.destroyed.connect(self._passing.end)

    def _on_settings(self, name: str) -> None:
        if name in ("language", "theme"):  # it is made anew in the other one when it is next wanted
            self.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close with the window of the images, so that OpenGL is let go of on its own thread."""
        if event.type() == QEvent.Type.Hide and watched is self.parent() and not event.spontaneous():
            self.close()
        return super().eventFilter(watched, event)

    def let_go(self) -> None:
        """Follow nothing any more, and let go of OpenGL on its own thread."""
        self._links.end()
        self._passing.end()
        self._scene = None  # what is still being counted finds nobody to tell
        self.list.release()

    # what the session says

    def _follow(self) -> None:
        """Follow the 3D pane of the active slot."""
        panes, scene = volume_panes(self._session), volume_scene(self._session)
        viewport = panes[0] if panes and scene is not None else None
        if (viewport, scene) != (self._viewport, self._scene):
            self._passing.end()
            self._viewport, self._scene, self._before = viewport, scene, None
            if viewport is not None and scene is not None:
                self._passing.connect(viewport.changed, self._refresh)
                self._passing.connect(scene.display_changed, self._refresh)
                self._passing.connect(scene.segmentation_changed, self._refresh)
                self._passing.connect(scene.study.history.changed, self._refresh)
                self._count(scene)
        self._refresh()

    def _refresh(self) -> None:
        viewport, scene = self._viewport, self._scene
        self._parts.setVisible(viewport is not None)
        self._empty.setVisible(viewport is None)
        if viewport is None or scene is None:
            return
        look, modality = viewport.look, scene.series.modality
        chosen = look_in_use(look, modality)
        self.list.show_looks(looks_of(modality), scene)
        self.list.mark(chosen.id)
        self._delete.setEnabled(chosen in own_looks())
        in_use = look.function or chosen.function
        self.function.show_function(in_use, scene.window, is_changed=look.function is not None)
        history = scene.study.history
        self.function.show_steps(history.undo_title is not None, history.redo_title is not None)
        self.clip.show_clipping(look.clipping, scene.volume.geometry)
        segmentation = scene.segmentation
        self.surfaces.show_look(look, segmentation.segments if segmentation is not None else ())

    def _count(self, scene: Scene) -> None:
        """Count the values of the volume, away from the main thread."""
        volume = scene.volume
        if self._counted is not None and self._counted() is volume:
            return
        self._counted = weakref.ref(volume)
        self.function.editor.show_histogram(None, "")
        unit = volume.unit

        def take(histogram: ValueHistogram) -> None:
            if self._scene is scene:
                self.function.editor.show_histogram(histogram, unit)

        array = volume.array
        self._session.jobs.submit("Histogram", lambda progress: value_histogram(array), on_done=take, silent=True)

    # what a person does

    def _choose(self, look_id: str) -> None:
        self._change_look("Change 3D look", preset=look_id, function=None)

    def _change_look(self, title: str, **values: object) -> None:
        if self._viewport is not None:
            change_look(self._session, self._viewport.pane, title, **values)

    def _take_function(self, function: TransferFunction) -> None:
        if self._viewport is not None:
            self._take_look(replace(self._viewport.look, function=function))

    def _take_clipping(self, clipping: Clipping) -> None:
        if self._viewport is not None:
            self._take_look(replace(self._viewport.look, clipping=clipping))

    def _take_look(self, look: VolumeLook) -> None:
        """Show a step of a change; it is remembered when the change is whole."""
        if self._viewport is not None:
            self._before = self._before or self._viewport.look
            self._viewport.update(look=look)

    def _settle(self, title: str) -> None:
        before, self._before = self._before, None
        if before is not None and self._viewport is not None:
            remember_look(self._session, self._viewport.pane, title, before)

    def _put_plane(self) -> None:
        viewport, scene = self._viewport, self._scene
        if viewport is not None and scene is not None:
            geometry = scene.volume.geometry
            towards = volume_camera(viewport, geometry, (100, 100)).towards
            clipping = (viewport.look.clipping or Clipping.whole(geometry)).with_plane(scene.cursor_mm, towards)
            self._change_look("Clip the volume", clipping=clipping, clip_handles=True)

    def _turn_plane(self) -> None:
        clipping = self._viewport.look.clipping if self._viewport is not None else None
        if clipping is not None and clipping.plane is not None:
            self._change_look("Clip the volume", clipping=clipping.turned())

    def _ask_name(self) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle(tr("Keep as own look…").rstrip("…"))
        dialog.setLabelText(tr("Name of the look (no name of a patient)"))
        dialog.textValueSelected.connect(self.keep)
        dialog.open()

    def keep(self, title: str) -> None:
        """Keep the function in use under a name and choose it."""
        self._try(lambda pane: keep_own_look(self._session, pane, title))

    def _forget(self) -> None:
        self._try(lambda pane: forget_own_look(self._session, pane))

    def _try(self, verb: Callable[[str], None]) -> None:
        """Do something with the pane; what goes wrong is told in the window of the images."""
        if self._viewport is None:
            return
        try:
            verb(self._viewport.pane)
        except MedViewError as error:
            self._session.notices.add_error(error)
        self._refresh()


def show_look_window(session: Session, parent: QWidget) -> None:
    """Show the window, or bring it to the front."""
    found = parent.findChild(LookWindow)
    bring_to_front(found if found is not None else LookWindow(session, parent))
