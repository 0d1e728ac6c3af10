"""The 3D view: the volume's tissue and the surfaces of its segments, as pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.imaging.camera import Camera
from medview.imaging.volume_cut import VolumeCut, cut_away
from medview.progress import Cancelled, Progress, unheard
from medview.study.volume import Volume
from medview.view.open_window import open_window
from medview.view.opengl import is_software, renderer_of
from medview.view.ray_caster import RayCaster
from medview.view.reduced import reduced
from medview.view.surface_actor import Surface, SurfaceActor
from medview.view.tissue import Tissue
from medview.view.volume_frame import VolumeFrame, VolumePicture
from medview.view.volume_limit import VolumeLimit, volume_limit


class VolumeView:
    """Makes pictures with VTK in a window that is not on the screen; without OpenGL with the processor alone.

    Everything but `stop` must be called on one thread, the same for the life of the view: OpenGL is bound to it.
    Nothing of VTK is touched before the first frame.
    """

    def __init__(self) -> None:
        self._window: Any = None
        self._renderer: Any = None
        self._tissue: Tissue | None = None
        self._shown: tuple[Volume, tuple[VolumeCut, ...]] | None = None
        self._actors: dict[Surface, SurfaceActor] = {}
        self._caster = RayCaster()
        self._has_opengl = True
        self._is_software = True
        self._limit: VolumeLimit | None = None
        self._reduction = (1, 1, 1)

    def render(self, frame: VolumeFrame, progress: Progress = unheard) -> VolumePicture:
        """Return the picture of a frame.

        Raises
        ------
        Cancelled
            `progress` raised it, or `stop` was called while the picture was made.
        """
        return replace(
            self._made(frame, progress),
            camera=frame.camera,
            is_clipped=frame.clipping is not None,
            is_cut=bool(frame.cuts),
            is_coarse=frame.coarseness > 1.0,
        )

    def _made(self, frame: VolumeFrame, progress: Progress) -> VolumePicture:
        progress(0.0)
        if self._window is None and self._has_opengl:
            self._open()
        if not self._has_opengl:
            return self._caster.render(frame, progress)
        if self._is_software and frame.function.blend == "mean":  # VTK's rays on the processor know no mean
            return self._caster.render(frame, progress, without_opengl=False)
        return self._rendered(frame, progress)

    def _rendered(self, frame: VolumeFrame, progress: Progress) -> VolumePicture:
        tissue = self._show_volume(frame, progress)
        tissue.dress(frame)
        self._show_surfaces(frame)
        self._renderer.SetBackground(*frame.background)
        self._look(frame.camera, frame.size)
        progress(0.1)
        self._draw(progress)
        return VolumePicture(self._pixels(), self._reduction)

    def stop(self) -> None:
        """Give up the picture that is being made; may be called on any thread."""
        window = self._window
        if window is not None:
            window.SetAbortRender(1)

    @property
    def renderer_name(self) -> str:
        """Name of the OpenGL renderer, "" before the first picture."""
        return renderer_of(self._window) if self._window is not None else ""

    def clear(self) -> None:
        """Let go of the volume and its surfaces; the next frame brings its own."""
        if self._renderer is not None:
            # what OpenGL holds is freed in the context it belongs to: another view may have drawn on this thread since
            self._window.MakeCurrent()
            self._renderer.RemoveAllViewProps()
        self._tissue = self._shown = None
        self._actors.clear()
        self._caster.clear()

    def close(self) -> None:
        """Free what OpenGL holds."""
        self.clear()
        if self._window is not None:
            self._window.Finalize()
        self._window = self._renderer = None

    def _draw(self, progress: Progress) -> None:
        """Let VTK draw; every fifth of a second it asks whether to go on, and `stop` ends it between two rows."""

        def check(window: Any, event: str) -> None:
            try:
                progress(0.5)
            except Cancelled:
                window.SetAbortRender(1)

        observer = self._window.AddObserver("AbortCheckEvent", check)
        try:
            self._window.Render()
        finally:
            self._window.RemoveObserver(observer)
        progress(0.9)
        if self._window.GetAbortRender():
            raise Cancelled

    def _open(self) -> None:
        from vtkmodules.vtkRenderingCore import vtkRenderer

        try:
            window = open_window()
        except MedViewError:  # there is no OpenGL, and will be none until the next start
            self._has_opengl = False
            return
        self._renderer = vtkRenderer()
        window.AddRenderer(self._renderer)
        self._is_software = is_software(renderer_of(window))
        self._limit = volume_limit(window)
        self._window = window

    def _show_volume(self, frame: VolumeFrame, progress: Progress) -> Tissue:
        """Return the tissue of a volume, of as many voxels as can be drawn here, without what is cut away."""
        volume, shown = frame.volume, (frame.volume, frame.cuts)
        if self._shown is not None and self._shown[0] is volume and self._shown[1] == frame.cuts and self._tissue:
            return self._tissue
        if self._tissue is not None:
            self._renderer.RemoveVolume(self._tissue.volume)
            self._tissue = None
        assert self._limit is not None  # the window is open
        factors = self._limit.factors(volume.geometry.shape)
        array, geometry = reduced(volume.array, volume.geometry, factors, progress)
        array = cut_away(array, geometry, frame.cuts, progress)
        progress(0.05)
        tissue = Tissue(array, geometry, software=self._is_software)
        self._renderer.AddVolume(tissue.volume)
        self._tissue, self._shown, self._reduction = tissue, shown, factors
        return tissue

    def _show_surfaces(self, frame: VolumeFrame) -> None:
        wanted = {item.surface for item in frame.surfaces}
        for gone in [surface for surface in self._actors if surface not in wanted]:
            self._renderer.RemoveActor(self._actors.pop(gone).actor)
        for item in frame.surfaces:
            if item.surface not in self._actors:
                self._actors[item.surface] = SurfaceActor(item.surface)
                self._renderer.AddActor(self._actors[item.surface].actor)
            actor = self._actors[item.surface]
            actor.paint(item, coarse=frame.coarseness > 1.0)
            actor.clip(frame.clipping, frame.volume.geometry)

    def _look(self, camera: Camera, size: tuple[int, int]) -> None:
        if tuple(self._window.GetSize()) != size:
            self._window.SetSize(*size)
        eye = self._renderer.GetActiveCamera()
        eye.ParallelProjectionOn()
        eye.SetFocalPoint(*camera.focus_mm)
        eye.SetPosition(*(camera.focus_mm + camera.towards * camera.distance_mm))
        eye.SetViewUp(*camera.up)
        eye.SetParallelScale(camera.half_height_mm)
        # not ResetCameraClippingRange: it may compute for seconds, holding the interpreter
        eye.SetClippingRange(0.5 * camera.distance_mm, 1.5 * camera.distance_mm)

    def _pixels(self) -> NDArray[np.uint8]:
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        width, height = self._window.GetSize()
        buffer: Any = vtkUnsignedCharArray()
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 1, buffer)
        pixels: NDArray[np.uint8] = np.frombuffer(buffer, dtype=np.uint8).reshape(height, width, 4)[::-1].copy()
        pixels[..., 3] = 255
        return pixels
