"""The surfaces of segments for the 3D view.

Surface Nets (Gibson 1998; Frisken 2022), which VTK makes with all processors and without holding the interpreter: quick
enough to follow the brush. Not `medview.imaging.surface`, which makes the exported ones with scikit-image, since VTK is
for what is shown. Both cut half way between the voxels' centres and smooth hardly shrinking, so that what is shown is
what is exported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.bounding_box import bounding_box
from medview.imaging.volume_look import Smoothing
from medview.progress import Progress, unheard
from medview.study.geometry import Geometry
from medview.study.segmentation import Box, Segment
from medview.view.surface_actor import DrawnSurface, Surface
from medview.view.vtk_image import image_data

_SHELL = 0.22  # opacity of a surface that holds others inside: they must be seen
_SMOOTHING: dict[Smoothing, tuple[int, float]] = {  # rounds and pass band (Taubin 1996): lower is smoother
    "none": (0, 0.0),
    "low": (10, 0.2),
    "medium": (20, 0.05),
    "high": (30, 0.01),
}


def segment_surfaces(
    labels: NDArray[Any],
    geometry: Geometry,
    boxes: Mapping[int, Box | None],
    smoothing: Smoothing = "medium",
    progress: Progress = unheard,
) -> dict[int, Surface]:
    """Return the surfaces of the segments that have voxels, by number.

    Parameters
    ----------
    boxes
        By number of the segment: a box that holds all its voxels, or None where that is not known.
    smoothing
        How much of the voxels' edges is taken away, by a filter that does not shrink what it smooths.
    """
    found: dict[int, Surface] = {}
    for place, (number, within) in enumerate(boxes.items()):
        progress(place / len(boxes))
        box = _tight(labels, number, within)
        if box is not None:
            found[number] = _net(labels[box] == number, geometry, box, smoothing)
    return found


def drawn_surfaces(
    surfaces: dict[int, Surface],
    segments: Iterable[Segment],
    hidden: frozenset[int],
    opacity: Mapping[int, float] = MappingProxyType({}),
) -> tuple[DrawnSurface, ...]:
    """Return the surfaces of the visible segments with their colours.

    What holds another inside is translucent, unless a person has given it an `opacity` (by number).
    """
    visible = [(s, surfaces[s.number]) for s in segments if s.number in surfaces and s.number not in hidden]
    boxes = [surface.box for _, surface in visible]

    def of(segment: Segment, surface: Surface) -> float:
        shell = any(_holds(surface.box, box) for box in boxes)
        return opacity.get(segment.number, _SHELL if shell else 1.0)

    drawn = (DrawnSurface(item, segment.colour, of(segment, item)) for segment, item in visible)
    return tuple(item for item in drawn if item.opacity > 0)


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


def _tight(labels: NDArray[Any], number: int, within: Box | None) -> Box | None:
    """Return the box around the voxels of a segment, looked for inside another where that is known."""
    start = [0, 0, 0] if within is None else [side.start for side in within]
    box = bounding_box((labels if within is None else labels[within]) == number)
    if box is None:
        return None
    sides = [slice(side.start + first, side.stop + first) for side, first in zip(box, start, strict=True)]
    return sides[0], sides[1], sides[2]


def _net(mask: NDArray[np.bool_], geometry: Geometry, box: Box, smoothing: Smoothing) -> Surface:
    """Return the surface of a mask that fills a box."""
    from vtkmodules.util import numpy_support
    from vtkmodules.vtkFiltersCore import vtkSurfaceNets3D, vtkWindowedSincPolyDataFilter

    support: Any = numpy_support
    nets: Any = vtkSurfaceNets3D()
    # a rim of background closes the surface where the mask touches the edge of the volume
    nets.SetInputData(image_data(np.pad(mask.view(np.uint8), 1)))
    nets.SetValue(0, 1)
    nets.SetBackgroundLabel(0)
    nets.SetOutputMeshTypeToTriangles()
    nets.SmoothingOff()  # its own makes a lesion of 12 mm a tenth smaller
    rounds, pass_band = _SMOOTHING[smoothing]
    last = nets
    if rounds > 0:
        last = smooth = vtkWindowedSincPolyDataFilter()
        smooth.SetInputConnection(nets.GetOutputPort())
        smooth.SetNumberOfIterations(rounds)
        smooth.SetPassBand(pass_band)
        smooth.NormalizeCoordinatesOn()
        smooth.FeatureEdgeSmoothingOff()
        smooth.NonManifoldSmoothingOn()
    last.Update()
    points = support.vtk_to_numpy(last.GetOutput().GetPoints().GetData())
    corners = support.vtk_to_numpy(last.GetOutput().GetPolys().GetConnectivityArray())
    index = points[:, ::-1] + np.array([side.start - 1 for side in box])
    return Surface(geometry.to_mm(index).astype(np.float32), corners.reshape(-1, 3).astype(np.int32), box)
