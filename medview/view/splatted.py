"""Surfaces drawn without OpenGL: each vertex a dot that is as large as a voxel."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from medview.view.surface_actor import DrawnSurface
from medview.view.volume_frame import VolumeFrame

_AMBIENT, _DIFFUSE = 0.25, 0.75


@dataclass(frozen=True, eq=False)
class Splatted:
    """The nearest surface in each pixel.

    Attributes
    ----------
    depth_mm
        (height, width): how far behind the plane through the camera's focus; inf where there is none.
    colour
        (height, width, 3), lit, 0 to 1.
    """

    depth_mm: NDArray[np.float32]
    colour: NDArray[np.float32]

    @property
    def hit(self) -> NDArray[np.bool_]:
        """Where there is a surface."""
        found: NDArray[np.bool_] = np.isfinite(self.depth_mm)
        return found


def splatted(frame: VolumeFrame, surfaces: tuple[DrawnSurface, ...], size: tuple[int, int]) -> Splatted:
    """Return surfaces of a frame in a picture of another size (width, height), all of them opaque."""
    depth = np.full((size[1], size[0]), np.inf, dtype=np.float32)
    colour = np.zeros((size[1], size[0], 3), dtype=np.float32)
    for drawn in surfaces:
        own = _depth(frame, drawn, size)
        nearer = own < depth
        depth[nearer] = own[nearer]
        colour[nearer] = np.asarray(drawn.colour, dtype=np.float32) / 255
    return Splatted(depth, colour * _light(depth, frame.camera.px_per_mm(size))[..., None])


def _depth(frame: VolumeFrame, drawn: DrawnSurface, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return how deep the nearest dot of a surface lies in each pixel."""
    from scipy import ndimage

    points = drawn.surface.vertices_mm.astype(np.float64)
    if frame.clipping is not None:
        points = points[frame.clipping.shows(points, frame.volume.geometry)]
    camera, scale = frame.camera, frame.camera.px_per_mm(size)
    offset = points - camera.focus_mm
    x = np.floor(size[0] / 2 + offset @ camera.right * scale).astype(int)
    y = np.floor(size[1] / 2 - offset @ camera.up * scale).astype(int)
    deep = -(offset @ camera.towards)
    seen = (x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])
    order = np.argsort(-deep[seen])  # the nearest is written last
    found = np.full((size[1], size[0]), np.inf, dtype=np.float32)
    found[y[seen][order], x[seen][order]] = deep[seen][order]
    dot = ceil(max(frame.volume.geometry.spacing_mm) * scale)
    nearest: NDArray[np.float32] = ndimage.minimum_filter(found, size=dot) if dot > 1 else found
    return nearest


def _light(depth: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Return how bright each pixel is, lit from the eye, by how steeply the depth changes around it."""
    filled = np.where(np.isfinite(depth), depth, np.float32(0))
    down, right = np.gradient(filled)
    steep = np.hypot(down, right) * np.float32(scale)
    light: NDArray[np.float32] = (_AMBIENT + _DIFFUSE / np.sqrt(1.0 + np.minimum(steep, 3.0) ** 2)).astype(np.float32)
    return light
