"""What of a clip box and a clip plane is drawn over the 3D view, and how it is pulled with the mouse."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from medview.imaging.camera import Camera
from medview.imaging.clipping import Clipping
from medview.study.geometry import FloatArray, Geometry

HandleKind = Literal["face", "plane", "normal"]
Size = tuple[int, int]
_LEAST_PX = 0.05  # of a step: along the line of sight the mouse moves it up and down instead
_PLANE_SHARE, _NORMAL_SHARE = 0.35, 0.25  # of the longest side of the volume: half the square, the arrow


@dataclass(frozen=True)
class ClipHandle:
    """A point that can be pulled.

    Attributes
    ----------
    kind
        "face" of the box, the middle of the "plane", the tip of its "normal".
    axis, end
        Of a face: which index axis, and 0 for the first or 1 for the last side.
    at_px
        (x, y) in the pane.
    """

    kind: HandleKind
    axis: int
    end: int
    at_px: tuple[float, float]


def clip_handles(clipping: Clipping, geometry: Geometry, camera: Camera, size: Size) -> tuple[ClipHandle, ...]:
    """Return the handles of a pane (width, height): six of the box, and two of the plane where there is one."""
    ends = [(axis, end) for axis in range(3) for end in (0, 1)]
    faces = [
        ClipHandle("face", axis, end, camera.to_picture(point, size))
        for (axis, end), (point, _) in zip(ends, clipping.faces(geometry), strict=True)
    ]
    if clipping.plane is None:
        return tuple(faces)
    point = np.array(clipping.plane.point_mm)
    tip = point + np.array(clipping.plane.normal) * _longest_mm(geometry) * _NORMAL_SHARE
    middle = ClipHandle("plane", 0, 0, camera.to_picture(point, size))
    return (*faces, middle, ClipHandle("normal", 0, 0, camera.to_picture(tip, size)))


def box_edges(
    clipping: Clipping, geometry: Geometry, camera: Camera, size: Size
) -> tuple[tuple[float, float, float, float], ...]:
    """Return the twelve edges of the box as (x0, y0, x1, y1) in the pane."""
    edges = []
    for axis in range(3):
        others = [k for k in range(3) if k != axis]
        for ends in product((0, 1), repeat=2):
            index = np.zeros((2, 3))
            index[:, axis] = clipping.box[axis]
            for other, end in zip(others, ends, strict=True):
                index[:, other] = clipping.box[other][end]
            first, last = (camera.to_picture(point, size) for point in geometry.to_mm(index))
            edges.append((*first, *last))
    return tuple(edges)


def plane_outline(
    clipping: Clipping, geometry: Geometry, camera: Camera, size: Size
) -> tuple[tuple[float, float], ...]:
    """Return the corners of a square in the free plane, in the pane; empty where there is no plane."""
    if clipping.plane is None:
        return ()
    normal, point = np.array(clipping.plane.normal), np.array(clipping.plane.point_mm)
    across = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    across *= _longest_mm(geometry) * _PLANE_SHARE / np.linalg.norm(across)
    along = np.cross(normal, across)
    corners = [point + a * across + b * along for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return tuple(camera.to_picture(corner, size) for corner in corners)


def pulled(
    clipping: Clipping,
    handle: ClipHandle,
    moved_px: tuple[float, float],
    geometry: Geometry,
    camera: Camera,
    size: Size,
) -> Clipping:
    """Return a clipping after one of its handles was pulled by (right, down) pixels."""
    if handle.kind == "face":
        step = geometry.affine[:3, handle.axis]
        index = clipping.box[handle.axis][handle.end] + _along(step, moved_px, camera, size)
        return clipping.with_face(handle.axis, handle.end, index, geometry)
    if clipping.plane is None:
        return clipping
    point, normal = np.array(clipping.plane.point_mm), np.array(clipping.plane.normal)
    if handle.kind == "plane":
        return clipping.with_plane(point + normal * _along(normal, moved_px, camera, size), normal)
    moved_mm = (moved_px[0] * camera.right - moved_px[1] * camera.up) / camera.px_per_mm(size)
    return clipping.with_plane(point, normal * _longest_mm(geometry) * _NORMAL_SHARE + moved_mm)


def _along(step_mm: FloatArray, moved_px: tuple[float, float], camera: Camera, size: Size) -> float:
    """Return how many steps the mouse went along the picture of a vector in the patient."""
    scale = camera.px_per_mm(size)
    seen = np.array([step_mm @ camera.right, -(step_mm @ camera.up)]) * scale
    length = float(np.linalg.norm(seen))
    if length < _LEAST_PX * float(np.linalg.norm(step_mm)) * scale:
        towards = 1.0 if step_mm @ camera.towards > 0 else -1.0  # pulled down, it comes nearer
        return towards * moved_px[1] / (scale * float(np.linalg.norm(step_mm)))
    return float(np.array(moved_px) @ seen) / length**2


def _longest_mm(geometry: Geometry) -> float:
    return float(max(n * spacing for n, spacing in zip(geometry.shape, geometry.spacing_mm, strict=True)))
