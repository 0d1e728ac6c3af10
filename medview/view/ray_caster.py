"""The 3D view without OpenGL: rays cast through the volume by numpy, layer after layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from medview.imaging.volume_cut import VolumeCut, cut_away
from medview.progress import Progress, unheard
from medview.study.geometry import FloatArray, Geometry
from medview.study.volume import Volume
from medview.view.layer_sampler import OUTSIDE, LayerSampler
from medview.view.reduced import reduced
from medview.view.shading import Shading
from medview.view.splatted import Splatted, splatted
from medview.view.volume_frame import VolumeFrame, VolumePicture
from medview.view.volume_limit import VolumeLimit

_LIMIT = VolumeLimit(256, 2**62)
_MOST_PIXELS = 160_000  # more are stretched from these
_LAYERS = 16  # that are worked on together: more of them leave the processor's cache
_DARK = 0.01  # of the light that still comes through: nothing behind is seen
_NEAR = 0.5  # layers that a surface shines through the tissue in front of it

_Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Rays:
    """Where the rays of a picture go that can meet the volume.

    Attributes
    ----------
    size
        (width, height) of the whole picture that is made, which is stretched over the wanted one.
    rows, columns
        The part of it that the volume takes up.
    start_mm
        LPS point of the first pixel of this part on the first layer.
    steps_mm
        To the next pixel to the right, the next row down, the next layer.
    depth_mm
        Of the first layer behind the plane through the camera's focus.
    """

    size: tuple[int, int]
    rows: slice
    columns: slice
    layers: int
    start_mm: FloatArray
    steps_mm: tuple[FloatArray, FloatArray, FloatArray]
    depth_mm: float
    step_mm: float

    @property
    def part(self) -> tuple[int, int]:
        """(height, width) of the part that the volume takes up."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


class RayCaster:
    """Makes pictures of volumes and surfaces on the processor; any blend, any direction, clipping included."""

    def __init__(self) -> None:
        self._shown: tuple[Volume, tuple[VolumeCut, ...]] | None = None
        self._sampler: LayerSampler | None = None
        self._geometry = Geometry((1, 1, 1), np.eye(4))
        self._range = (0.0, 1.0)
        self._factors = (1, 1, 1)

    def render(self, frame: VolumeFrame, progress: Progress = unheard, *, without_opengl: bool = True) -> VolumePicture:
        """Return the picture of a frame.

        Raises
        ------
        Cancelled
            `progress` raised it, between two layers.
        """
        self._show(frame, progress)
        rays = _rays(frame, self._geometry)
        colour = np.empty((rays.size[1], rays.size[0], 3), dtype=np.float32)
        colour[:] = frame.background
        solid = splatted(frame, tuple(s for s in frame.surfaces if s.opacity >= 1.0), rays.size)
        if not frame.tissue_visible or rays.layers < 1:
            colour[solid.hit] = solid.colour[solid.hit]
        elif frame.function.blend == "composite":
            self._compose(frame, rays, solid, colour, progress)
        else:
            self._project(frame, rays, colour, progress)
            colour[solid.hit] = solid.colour[solid.hit]
        _lay_shells(frame, rays.size, solid, colour)
        pixels = np.full((*colour.shape[:2], 4), 255, dtype=np.uint8)
        pixels[..., :3] = np.clip(np.rint(colour * 255.0), 0, 255)
        return VolumePicture(pixels, self._factors, without_opengl=without_opengl)

    def clear(self) -> None:
        """Let go of the volume."""
        self._shown = self._sampler = None

    def _show(self, frame: VolumeFrame, progress: Progress) -> None:
        volume = frame.volume
        if self._shown is not None and self._shown[0] is volume and self._shown[1] == frame.cuts:
            return
        self._factors = _LIMIT.factors(volume.geometry.shape)
        array, self._geometry = reduced(volume.array, volume.geometry, self._factors, progress)
        array = cut_away(array, self._geometry, frame.cuts, progress)
        self._range = (float(array.min()), float(array.max()))
        self._sampler = LayerSampler(array, self._geometry)
        self._shown = (volume, frame.cuts)

    def _layers(self, frame: VolumeFrame, rays: _Rays, progress: Progress) -> Iterator[tuple[int, _Floats]]:
        """Give the values (layers + 2, height, width), some at a time with one layer before and behind them."""
        assert self._sampler is not None
        planes = () if frame.clipping is None else frame.clipping.cutting_planes(frame.volume.geometry)
        height, width = rays.part
        for first in range(0, rays.layers, _LAYERS):
            progress(0.1 + 0.8 * first / rays.layers)
            count = min(_LAYERS, rays.layers - first) + 2
            start = rays.start_mm + (first - 1) * rays.steps_mm[2]
            values = self._sampler.sample(start, rays.steps_mm, (width, height, count))
            steps = [np.arange(n) for n in (width, height, count)]
            for plane in planes:
                x, y, z = (n * float(s @ plane.normal) for n, s in zip(steps, rays.steps_mm, strict=True))
                beyond = float(plane.depth_mm(start))
                values[z[:, None, None] + y[None, :, None] + x[None, None, :] > -beyond] = OUTSIDE
            yield first, values

    def _project(self, frame: VolumeFrame, rays: _Rays, colour: _Floats, progress: Progress) -> None:
        """Draw the maximum, minimum or mean of the values along each ray."""
        blend = frame.function.blend
        found = np.full(rays.part, {"maximum": -np.inf, "minimum": np.inf, "mean": 0.0}[blend], dtype=np.float64)
        count = np.zeros(rays.part, dtype=np.int32)
        for _, values in self._layers(frame, rays, progress):
            own = values[1:-1]
            inside = own > OUTSIDE
            count += inside.sum(axis=0, dtype=np.int32)
            if blend == "mean":
                found += np.where(inside, own, 0).sum(axis=0, dtype=np.float64)
            elif blend == "maximum":
                np.maximum(found, own.max(axis=0), out=found)
            else:
                np.minimum(found, np.where(inside, own, np.inf).min(axis=0), out=found)
        met = count > 0
        values_met = found[met] / count[met] if blend == "mean" else found[met]
        colour[rays.rows, rays.columns][met] = frame.function.colour_at(values_met, frame.window) / 255

    def _compose(self, frame: VolumeFrame, rays: _Rays, solid: Splatted, colour: _Floats, progress: Progress) -> None:
        """Draw the layers of tissue from the nearest to the farthest, until nothing more comes through."""
        shading = Shading(frame, self._range, rays.step_mm, 1.0 / frame.camera.px_per_mm(rays.size))
        surface = (solid.depth_mm[rays.rows, rays.columns] - rays.depth_mm) / rays.step_mm
        light = np.ones(rays.part, dtype=np.float32)
        own = np.zeros((light.size, 3))
        for first, values in self._layers(frame, rays, progress):
            alpha, place = shading.opacity(values[1:-1])
            order = np.arange(first, first + len(alpha), dtype=np.float32)[:, None, None]
            alpha[(order > surface - _NEAR) | (light < _DARK)] = 0
            # most of a volume is empty or hidden: only what is seen is lit
            seen = np.flatnonzero(alpha)
            if len(seen) == 0:
                continue
            colour_seen, edges = shading.light(values, place, seen)
            alpha.ravel()[seen] *= edges
            through = np.cumprod(1.0 - alpha, axis=0)
            weight = alpha * light
            weight[1:] *= through[:-1]
            amount = weight.ravel()[seen]
            for channel in range(3):
                own[:, channel] += np.bincount(seen % light.size, amount * colour_seen[:, channel], light.size)
            light *= through[-1]
        colour[solid.hit] = solid.colour[solid.hit]
        part = colour[rays.rows, rays.columns]
        part *= light[..., None]
        part += own.reshape(part.shape)


def _lay_shells(frame: VolumeFrame, size: tuple[int, int], solid: Splatted, colour: _Floats) -> None:
    """Lay translucent surfaces over what lies behind them."""
    for drawn in frame.surfaces:
        if drawn.opacity < 1.0:
            shell = splatted(frame, (drawn,), size)
            seen = shell.depth_mm < solid.depth_mm
            colour[seen] += (shell.colour[seen] - colour[seen]) * np.float32(drawn.opacity)


def _rays(frame: VolumeFrame, geometry: Geometry) -> _Rays:
    """Return the rays of a frame: fewer and with longer steps where it is to be coarse."""
    camera, coarseness = frame.camera, max(frame.coarseness, 1.0)
    shrink = min(1.0, sqrt(_MOST_PIXELS / (frame.size[0] * frame.size[1]))) / coarseness
    size = (max(round(frame.size[0] * shrink), 1), max(round(frame.size[1] * shrink), 1))
    corners = geometry.to_mm(list(product(*[(-0.5, n - 0.5) for n in geometry.shape])))
    places = np.array([camera.to_picture(corner, size) for corner in corners])
    deep = (corners - camera.focus_mm) @ -camera.towards
    left, top = np.clip(np.floor(places.min(axis=0)), 0, np.array(size) - 1).astype(int)
    right, bottom = np.clip(np.ceil(places.max(axis=0)), (left + 1, top + 1), size).astype(int)
    step_mm = min(geometry.spacing_mm) * min(coarseness, 3.0)
    pixel_mm = np.array([frame.size[0] / size[0], frame.size[1] / size[1]]) / camera.px_per_mm(frame.size)
    depth_mm = float(deep.min()) + step_mm / 2
    start = camera.focus_mm - depth_mm * camera.towards
    start = start + (left + 0.5 - size[0] / 2) * pixel_mm[0] * camera.right
    start = start - (top + 0.5 - size[1] / 2) * pixel_mm[1] * camera.up
    steps = (pixel_mm[0] * camera.right, -pixel_mm[1] * camera.up, -step_mm * camera.towards)
    layers = ceil((float(deep.max()) - depth_mm) / step_mm)
    rows, columns = slice(int(top), int(bottom)), slice(int(left), int(right))
    return _Rays(size, rows, columns, layers, start, steps, depth_mm, step_mm)
