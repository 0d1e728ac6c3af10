"""Surfaces of segments as VTK draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.clipping import Clipping, ClipPlane
from medview.study.geometry import Geometry
from medview.study.segmentation import Box
from medview.view.vtk_plane import vtk_plane

_MANY = 150_000  # triangles: more are too slow to turn where the processor draws them
_BINS = 72
_MOST_PLANES = 6  # that OpenGL clips with


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles in patient space.

    Attributes
    ----------
    vertices_mm
        (n, 3) LPS mm.
    triangles
        (m, 3) indices of vertices.
    box
        Voxels that the segment takes up: what an edit inside must change.
    """

    vertices_mm: NDArray[Any]
    triangles: NDArray[Any]
    box: Box


@dataclass(frozen=True, eq=False)
class DrawnSurface:
    """A surface with its colour (sRGB, 0 to 255) and opacity (0 to 1)."""

    surface: Surface
    colour: tuple[int, int, int]
    opacity: float = 1.0


class SurfaceActor:
    """A vtkActor of a surface with two shapes: the whole one, and a coarse one for while the view is turned."""

    def __init__(self, surface: Surface) -> None:
        from vtkmodules.vtkRenderingCore import vtkActor

        whole = _with_normals(_poly_data(surface))
        is_large = len(surface.triangles) > _MANY
        self._whole = (whole, _mapper(whole))
        coarse = _with_normals(_simplified(whole)) if is_large else whole
        self._coarse = (coarse, _mapper(coarse)) if is_large else self._whole
        self._planes: tuple[ClipPlane, ...] = ()
        self.actor: Any = vtkActor()
        look = self.actor.GetProperty()
        look.SetAmbient(0.15)
        look.SetDiffuse(0.85)
        look.SetSpecular(0.2)
        look.SetSpecularPower(20)

    def clip(self, clipping: Clipping | None, geometry: Geometry) -> None:
        """Show only the part that is shown of the volume with this geometry."""
        planes = clipping.cutting_planes(geometry) if clipping is not None else ()
        if planes == self._planes:
            return
        self._planes = planes
        for shape, mapper in {id(pair): pair for pair in (self._whole, self._coarse)}.values():
            mapper.RemoveAllClippingPlanes()
            for plane in planes[:_MOST_PLANES]:
                mapper.AddClippingPlane(vtk_plane(plane))
            mapper.SetInputData(_cut(shape, planes[_MOST_PLANES:]))

    def paint(self, drawn: DrawnSurface, *, coarse: bool) -> None:
        """Take a colour and opacity, and the shape for the quality."""
        self.actor.SetMapper((self._coarse if coarse else self._whole)[1])
        self.actor.GetProperty().SetColor(*(channel / 255 for channel in drawn.colour))
        self.actor.GetProperty().SetOpacity(drawn.opacity)


def _poly_data(surface: Surface) -> Any:
    from vtkmodules.util import numpy_support
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    support: Any = numpy_support
    points = vtkPoints()
    points.SetData(support.numpy_to_vtk(np.ascontiguousarray(surface.vertices_mm, dtype=np.float32), deep=1))
    corners = np.ascontiguousarray(surface.triangles, dtype=np.int64).ravel()
    offsets = np.arange(0, corners.size + 1, 3, dtype=np.int64)
    cells = vtkCellArray()
    cells.SetData(support.numpy_to_vtkIdTypeArray(offsets, deep=1), support.numpy_to_vtkIdTypeArray(corners, deep=1))
    shape = vtkPolyData()
    shape.SetPoints(points)
    shape.SetPolys(cells)
    return shape


def _simplified(shape: Any) -> Any:
    from vtkmodules.vtkFiltersCore import vtkBinnedDecimation

    decimation = vtkBinnedDecimation()
    decimation.SetInputData(shape)
    decimation.SetNumberOfDivisions(_BINS, _BINS, _BINS)
    decimation.AutoAdjustNumberOfDivisionsOff()
    decimation.Update()
    return decimation.GetOutput()


def _with_normals(shape: Any) -> Any:
    """Return a shape that is shaded smoothly."""
    from vtkmodules.vtkFiltersCore import vtkPolyDataNormals

    normals = vtkPolyDataNormals()
    normals.SetInputData(shape)
    normals.SplittingOff()
    # an update that VTK begins by itself, when it wants to know the bounds, would hold the interpreter
    normals.Update()
    return normals.GetOutput()


def _mapper(shape: Any) -> Any:
    from vtkmodules.vtkRenderingCore import vtkPolyDataMapper

    mapper = vtkPolyDataMapper()
    mapper.SetInputData(shape)
    return mapper


def _cut(shape: Any, planes: tuple[ClipPlane, ...]) -> Any:
    """Return a shape without what lies beyond planes: those that OpenGL has no place for."""
    from vtkmodules.vtkFiltersCore import vtkClipPolyData

    for plane in planes:
        scissors: Any = vtkClipPolyData()
        scissors.SetInputData(shape)
        scissors.SetClipFunction(vtk_plane(plane))
        scissors.Update()
        shape = scissors.GetOutput()
    return shape
