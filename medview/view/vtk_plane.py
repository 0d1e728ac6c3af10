"""A plane that takes a side away, as VTK sees it."""

from __future__ import annotations

from typing import Any

from medview.imaging.clipping import ClipPlane


def vtk_plane(plane: ClipPlane) -> Any:
    """Return a vtkPlane for a mapper, which keeps what lies on the side of its normal: the other way round."""
    from vtkmodules.vtkCommonDataModel import vtkPlane

    made: Any = vtkPlane()
    made.SetOrigin(*plane.point_mm)
    made.SetNormal(*(-value for value in plane.normal))
    return made
