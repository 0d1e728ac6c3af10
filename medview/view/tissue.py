"""The volume itself as VTK draws it in 3D."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.transfer_function import TransferFunction
from medview.study.geometry import Geometry
from medview.view.volume_frame import VolumeFrame
from medview.view.vtk_image import image_data
from medview.view.vtk_plane import vtk_plane

_STEP, _COARSE_STEP = 0.6, 1.5  # distance of the samples along a ray, in voxels


class Tissue:
    """A vtkVolume that lies in LPS mm, shear included.

    Parameters
    ----------
    array, geometry
        The voxels that are drawn, perhaps fewer than the volume has.
    software
        Cast the rays on the processor with VTK's own threads, which is many times faster than OpenGL on it.
    """

    def __init__(self, array: NDArray[Any], geometry: Geometry, *, software: bool) -> None:
        from vtkmodules.vtkRenderingCore import vtkVolume

        self._geometry = geometry
        self._software = software
        # the spacing belongs to the image, so that gradients are per mm; the matrix only turns, shears and shifts
        self._image = image_data(array, geometry.spacing_mm)
        self._property = _property()
        self._mapper: Any = None
        self._kind: tuple[bool, bool] | None = None
        self.volume: Any = vtkVolume()
        self.volume.SetProperty(self._property)
        self.volume.SetUserMatrix(_matrix(geometry))

    def dress(self, frame: VolumeFrame) -> None:
        """Take the function, the part that is shown and the distance of the rays of a frame."""
        self.volume.SetVisibility(int(frame.tissue_visible))
        self._choose_mapper(frame.function)
        self._blend(frame.function)
        self._property.SetShade(int(frame.function.is_shaded))
        self._light(frame.function)
        _set_functions(self._property, frame)
        self._clip(frame)
        finest = min(self._geometry.spacing_mm)
        coarse = frame.coarseness > 1.0
        if self._software:
            self._mapper.SetImageSampleDistance(frame.coarseness)
            self._mapper.SetSampleDistance(finest * (_COARSE_STEP if coarse else _STEP))
        else:
            self._mapper.SetSampleDistance(finest * (1.0 if coarse else 0.5))

    def _choose_mapper(self, function: TransferFunction) -> None:
        """Take a new mapper where edges begin or cease to matter: VTK would go on skipping what was empty before."""
        kind = (function.blend == "composite", bool(function.gradient))
        if kind != self._kind:
            self._kind = kind
            self._mapper = _mapper(software=self._software)
            self._mapper.SetInputData(self._image)
            self.volume.SetMapper(self._mapper)

    def _blend(self, function: TransferFunction) -> None:
        mapper = self._mapper
        {
            "composite": mapper.SetBlendModeToComposite,
            "maximum": mapper.SetBlendModeToMaximumIntensity,
            "minimum": mapper.SetBlendModeToMinimumIntensity,
            "mean": mapper.SetBlendModeToAverageIntensity,
        }[function.blend]()

    def _light(self, function: TransferFunction) -> None:
        look = self._property
        look.SetAmbient(function.ambient)
        look.SetDiffuse(function.diffuse)
        look.SetSpecular(function.specular)
        look.SetSpecularPower(function.specular_power)

    def _clip(self, frame: VolumeFrame) -> None:
        mapper, clipping = self._mapper, frame.clipping
        mapper.RemoveAllClippingPlanes()
        mapper.SetCropping(int(clipping is not None and clipping.cuts_box(frame.volume.geometry)))
        if clipping is None:
            return
        if mapper.GetCropping():
            mapper.SetCroppingRegionPlanes(*self._region(frame))
            mapper.SetCroppingRegionFlagsToSubVolume()
        if clipping.plane is not None:
            mapper.AddClippingPlane(vtk_plane(clipping.plane))

    def _region(self, frame: VolumeFrame) -> list[float]:
        """Return the box in the image's own mm (x, y, z): VTK's voxels end at their centres, so it stays between."""
        assert frame.clipping is not None
        own = self._geometry
        corners = frame.volume.geometry.to_mm(np.array(frame.clipping.box).T)
        first, last = own.to_index(corners)
        region: list[float] = []
        for axis in (2, 1, 0):
            n, spacing = own.shape[axis], own.spacing_mm[axis]
            low = np.clip(first[axis], 0.0, n - 1.0) * spacing
            region += [float(low), float(np.clip(last[axis], 0.0, n - 1.0) * spacing)]
        return region


def _mapper(*, software: bool) -> Any:
    from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper
    from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkSmartVolumeMapper

    mapper: Any = vtkFixedPointVolumeRayCastMapper() if software else vtkSmartVolumeMapper()
    mapper.SetAutoAdjustSampleDistances(0)
    if software:
        mapper.LockSampleDistanceToInputSpacingOff()
        mapper.IntermixIntersectingGeometryOn()
    return mapper


def _property() -> Any:
    from vtkmodules.vtkRenderingCore import vtkVolumeProperty

    look: Any = vtkVolumeProperty()
    look.SetInterpolationTypeToLinear()
    look.SetScalarOpacityUnitDistance(1.0)
    return look


def _matrix(geometry: Geometry) -> Any:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    for column in range(3):
        for row in range(3):
            matrix.SetElement(row, column, float(geometry.directions[row, 2 - column]))
    for row in range(3):
        matrix.SetElement(row, 3, float(geometry.affine[row, 3]))
    return matrix


def _set_functions(look: Any, frame: VolumeFrame) -> None:
    """Give a vtkVolumeProperty the opacity, colour and edges of a frame; a projection is opaque all through."""
    from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
    from vtkmodules.vtkRenderingCore import vtkColorTransferFunction

    function = frame.function
    opacity, colour, edges = vtkPiecewiseFunction(), vtkColorTransferFunction(), vtkPiecewiseFunction()
    is_layered = function.blend == "composite"
    for point, alpha in function.opacity:
        opacity.AddPoint(function.value(point, frame.window), alpha * frame.density if is_layered else 1.0)
    for point, *channels in function.colours:
        colour.AddRGBPoint(function.value(point, frame.window), *(channel / 255 for channel in channels))
    for change, factor in function.gradient:
        edges.AddPoint(change, factor)
    look.SetScalarOpacity(opacity)
    look.SetColor(colour)
    look.SetDisableGradientOpacity(int(not function.gradient or not is_layered))
    if function.gradient:
        look.SetGradientOpacity(edges)
