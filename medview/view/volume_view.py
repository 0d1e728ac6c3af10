"""The 3D view: the volume's tissue and the surfaces of its segments, as pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.progress import Cancelled, Progress, unheard
from medview.study.geometry import Geometry
from medview.study.volume import Volume
from medview.view.camera import Camera
from medview.view.open_window import open_window
from medview.view.opengl import is_software, renderer_of
from medview.view.reduced import reduced
from medview.view.surface_actor import DrawnSurface, Surface, SurfaceActor
from medview.view.volume_presets import VolumePreset
from medview.view.vtk_image import image_data

_LONGEST = 256  # voxels along an axis that the processor casts rays through in time
_GHOST = 0.12  # opacity left to the tissue around surfaces
_BACKGROUND = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class VolumeFrame:
    """What one picture of the 3D view shows.

    Attributes
    ----------
    size
        (width, height) of the picture in pixels.
    window
        (Window Center, Window Width), for presets that follow it.
    surfaces
        Drawn inside the tissue, which then becomes translucent.
    coarseness
        Distance of the rays in pixels: 1 is full quality, 3 or 4 while the view is turned.
    """

    volume: Volume
    size: tuple[int, int]
    camera: Camera
    preset: VolumePreset
    window: tuple[float, float]
    surfaces: tuple[DrawnSurface, ...] = ()
    coarseness: float = 1.0


@dataclass(frozen=True, eq=False)
class VolumePicture:
    """A picture of the 3D view.

    Attributes
    ----------
    pixels
        (height, width, 4) RGBA with alpha 255.
    reduction
        How many voxels along an axis were averaged into one; 1 where none were.
    """

    pixels: NDArray[np.uint8]
    reduction: int


class VolumeView:
    """Makes pictures with VTK in a window that is not on the screen.

    Everything but `stop` must be called on one thread, the same for the life of the view: OpenGL is bound to it.
    Nothing of VTK is touched before the first frame.
    """

    def __init__(self) -> None:
        self._window: Any = None
        self._renderer: Any = None
        self._tissue: Any = None
        self._shown: Volume | None = None
        self._actors: dict[Surface, SurfaceActor] = {}
        self._is_software = True
        self._reduction = 1

    def render(self, frame: VolumeFrame, progress: Progress = unheard) -> VolumePicture:
        """Return the picture of a frame.

        Raises
        ------
        MedViewError
            OpenGL is missing or too old.
        Cancelled
            `progress` raised it, or `stop` was called while the picture was made.
        """
        progress(0.0)
        if self._window is None:
            self._open()
        self._show_volume(frame.volume, progress)
        self._show_surfaces(frame.surfaces, coarse=frame.coarseness > 1.0)
        self._dress(frame)
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
            self._renderer.RemoveAllViewProps()
        self._tissue = self._shown = None
        self._actors.clear()

    def close(self) -> None:
        """Free what OpenGL holds."""
        if self._window is not None:
            self.clear()
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

        window = open_window()
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(*_BACKGROUND)
        window.AddRenderer(self._renderer)
        self._is_software = is_software(renderer_of(window))
        self._window = window

    def _show_volume(self, volume: Volume, progress: Progress) -> None:
        if self._shown is volume:
            return
        if self._tissue is not None:
            self._renderer.RemoveVolume(self._tissue)
        array, geometry = volume.array, volume.geometry
        if self._is_software:
            array, geometry = reduced(array, geometry, _LONGEST)
        self._reduction = -(-max(volume.array.shape) // max(array.shape))
        progress(0.05)
        self._tissue = _tissue(array, geometry, software=self._is_software)
        self._renderer.AddVolume(self._tissue)
        self._shown = volume

    def _show_surfaces(self, drawn: tuple[DrawnSurface, ...], *, coarse: bool) -> None:
        wanted = {item.surface for item in drawn}
        for gone in [surface for surface in self._actors if surface not in wanted]:
            self._renderer.RemoveActor(self._actors.pop(gone).actor)
        for item in drawn:
            if item.surface not in self._actors:
                self._actors[item.surface] = SurfaceActor(item.surface)
                self._renderer.AddActor(self._actors[item.surface].actor)
            self._actors[item.surface].paint(item, coarse=coarse)

    def _dress(self, frame: VolumeFrame) -> None:
        """Set the transfer function and the distance of the rays."""
        mapper, look = self._tissue.GetMapper(), self._tissue.GetProperty()
        if frame.preset.blend == "maximum":
            mapper.SetBlendModeToMaximumIntensity()
        else:
            mapper.SetBlendModeToComposite()
        look.SetShade(int(frame.preset.blend == "composite"))
        scale = _GHOST if frame.surfaces and frame.preset.blend == "composite" else 1.0
        opacity, colour = _functions(frame.preset, frame.window, scale)
        look.SetScalarOpacity(opacity)
        look.SetColor(colour)
        if self._is_software:
            spacing = min(mapper.GetInput().GetSpacing())
            mapper.SetImageSampleDistance(frame.coarseness)
            mapper.SetSampleDistance(spacing * (0.6 if frame.coarseness <= 1.0 else 1.5))

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


def _tissue(array: NDArray[Any], geometry: Geometry, *, software: bool) -> Any:
    """Return a vtkVolume that lies in LPS mm, shear included."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4
    from vtkmodules.vtkRenderingCore import vtkVolume, vtkVolumeProperty
    from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper
    from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkSmartVolumeMapper

    mapper: Any = vtkFixedPointVolumeRayCastMapper() if software else vtkSmartVolumeMapper()
    if software:
        mapper.AutoAdjustSampleDistancesOff()
        mapper.LockSampleDistanceToInputSpacingOff()
        mapper.IntermixIntersectingGeometryOn()
    # the spacing belongs to the image, so that gradients are per mm; the matrix only turns, shears and shifts
    mapper.SetInputData(image_data(array, geometry.spacing_mm))
    matrix = vtkMatrix4x4()
    for column in range(3):
        for row in range(3):
            matrix.SetElement(row, column, float(geometry.directions[row, 2 - column]))
    for row in range(3):
        matrix.SetElement(row, 3, float(geometry.affine[row, 3]))
    look = vtkVolumeProperty()
    look.SetInterpolationTypeToLinear()
    look.SetAmbient(0.3)
    look.SetDiffuse(0.9)
    look.SetSpecular(0.25)
    look.SetSpecularPower(20)
    look.SetScalarOpacityUnitDistance(1.0)
    tissue = vtkVolume()
    tissue.SetMapper(mapper)
    tissue.SetProperty(look)
    tissue.SetUserMatrix(matrix)
    return tissue


def _functions(preset: VolumePreset, window: tuple[float, float], scale: float) -> tuple[Any, Any]:
    """Return VTK's opacity and colour functions of a preset."""
    from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
    from vtkmodules.vtkRenderingCore import vtkColorTransferFunction

    opacity, colour = vtkPiecewiseFunction(), vtkColorTransferFunction()
    for point, alpha in preset.opacity:
        opacity.AddPoint(preset.value(point, window), alpha * scale)
    for point, *channels in preset.colours:
        colour.AddRGBPoint(preset.value(point, window), *(channel / 255 for channel in channels))
    return opacity, colour
