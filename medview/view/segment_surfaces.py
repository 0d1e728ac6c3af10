"""The surfaces of segments for the 3D view.

Not `medview.imaging.surface`, which makes the exported ones: that holds the interpreter, and with it the window, for as
long as it takes (a sixth of a second for a brain). VTK's filters do not. Both cut half way between the voxels' centres
and smooth without shrinking, so that what is shown is what is exported.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.bounding_box import bounding_box
from medview.progress import Progress, unheard
from medview.study.geometry import Geometry
from medview.study.segmentation import Box, Segment
from medview.view.surface_actor import DrawnSurface, Surface
from medview.view.vtk_image import image_data

_SHELL = 0.22  # opacity of a surface that holds others inside: they must be seen
_ROUNDS = 20
_PASS_BAND = 0.03


def segment_surfaces(
    labels: NDArray[Any], geometry: Geometry, numbers: Iterable[int], progress: Progress = unheard
) -> dict[int, Surface]:
    """Return the surfaces of the segments that have voxels, by number; only the box around each is looked at."""
    found: dict[int, Surface] = {}
    wanted = tuple(numbers)
    for place, number in enumerate(wanted):
        progress(place / len(wanted))
        mask = labels == number
        box = bounding_box(mask)
        if box is None:
            continue
        found[number] = _cut(mask[box], geometry, box)
    return found


def drawn_surfaces(
    surfaces: dict[int, Surface], segments: Iterable[Segment], hidden: frozenset[int]
) -> tuple[DrawnSurface, ...]:
    """Return the surfaces of the visible segments with their colours; what holds another inside is translucent."""
    visible = [(s, surfaces[s.number]) for s in segments if s.number in surfaces and s.number not in hidden]
    boxes = [surface.box for _, surface in visible]
    return tuple(
        DrawnSurface(item, segment.colour, _SHELL if any(_holds(item.box, box) for box in boxes) else 1.0)
        for segment, item in visible
    )


def touched(surfaces: dict[int, Surface], labels: NDArray[Any], box: Box) -> set[int]:
    """Return the segments whose surface an edit inside a box may have changed."""
    inside = {int(number) for number in np.unique(labels[box])} - {0}
    return inside | {number for number, surface in surfaces.items() if _meet(surface.box, box)}


def _holds(outer: Box, inner: Box) -> bool:
    """Whether a box lies inside another that is clearly larger."""
    if not all(o.start <= i.start and i.stop <= o.stop for o, i in zip(outer, inner, strict=True)):
        return False
    sizes = [np.prod([side.stop - side.start for side in box], dtype=np.float64) for box in (outer, inner)]
    return bool(sizes[0] > 1.3 * sizes[1])


def _meet(a: Box, b: Box) -> bool:
    return all(p.start < q.stop and q.start < p.stop for p, q in zip(a, b, strict=True))


def _cut(mask: NDArray[np.bool_], geometry: Geometry, box: Box) -> Surface:
    """Return the smoothed surface of a mask that fills a box."""
    from vtkmodules.util import numpy_support
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D, vtkWindowedSincPolyDataFilter

    support: Any = numpy_support
    edges: Any = vtkFlyingEdges3D()
    # a rim of background closes the surface where the mask touches the edge of the volume
    edges.SetInputData(image_data(np.pad(mask.view(np.uint8), 1)))
    edges.SetValue(0, 0.5)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    smooth: Any = vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(edges.GetOutputPort())
    smooth.SetNumberOfIterations(_ROUNDS)
    smooth.SetPassBand(_PASS_BAND)
    smooth.NormalizeCoordinatesOn()
    smooth.FeatureEdgeSmoothingOff()
    smooth.NonManifoldSmoothingOn()
    smooth.Update()
    points = support.vtk_to_numpy(smooth.GetOutput().GetPoints().GetData())
    corners = support.vtk_to_numpy(smooth.GetOutput().GetPolys().GetConnectivityArray())
    index = points[:, ::-1] + np.array([side.start - 1 for side in box])
    return Surface(geometry.to_mm(index).astype(np.float32), corners.reshape(-1, 3).astype(np.int32), box)
