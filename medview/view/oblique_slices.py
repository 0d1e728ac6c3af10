"""Planes that are interpolated: those a person has turned, and upright ones across tilted images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.display_size import DisplaySize
from medview.imaging.plane import PlaneName, SlicePlane
from medview.session.scene import Scene
from medview.session.viewport import SlabMode, Viewport
from medview.study.geometry import Geometry
from medview.study.segmentation import Segmentation
from medview.study.volume import Volume
from medview.view.pane_transform import PaneTransform
from medview.view.picture_grid import PictureGrid
from medview.view.reslicer import Reslicer

_BUDGET = 1_000_000  # samples that are taken within a frame: beyond, a moving slab is drawn coarser
_COARSE_BUDGET = 400_000  # samples of a coarse slab: what can be taken while the mouse moves
_COARSE_PX = (2.0, 4.0)


@dataclass(frozen=True, eq=False)
class PlaneRequest:
    """An interpolated plane that a pane wants to show.

    Attributes
    ----------
    grid, transform
        The part of the plane that is seen, and where it lies in the pane.
    magnification
        How many pane pixels a voxel of the finest spacing has.
    slab_mm, slab_mode
        What is projected onto it.
    is_coarse
        With larger pixels, and samples farther apart through the slab.
    """

    volume: Volume
    grid: PictureGrid
    transform: PaneTransform
    magnification: float
    slab_mm: float
    slab_mode: SlabMode
    is_coarse: bool

    @property
    def key(self) -> tuple[object, ...]:
        """What is equal in two requests for the same values: to a millionth of a mm."""
        grid = self.grid
        place = np.round(np.concatenate([grid.origin_mm, grid.x_step_mm, grid.y_step_mm]), 6) + 0.0
        return self.volume, grid.size, place.tobytes(), self.slab_mm, self.slab_mode, self.is_coarse

    @property
    def is_costly(self) -> bool:
        """Whether its samples cannot be taken between two frames."""
        samples = 1 + self.slab_mm / min(self.volume.geometry.spacing_mm)
        return self.grid.size[0] * self.grid.size[1] * samples > _BUDGET

    def values(self, sampler: Reslicer | None = None) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the values (height, width), and where they lie inside the volume.

        Parameters
        ----------
        sampler
            Of the volume, to be used by one thread only; None makes one.
        """
        sampler = sampler or Reslicer(self.volume.array, self.volume.geometry)
        return sampler.sample(self.grid, self.slab_mm, self.slab_mode, coarse=self.is_coarse)


class ObliqueSlices:
    """Lays the interpolated planes of one pane out and samples them; its samplers are kept between planes."""

    def __init__(self, scene: Scene, name: PlaneName) -> None:
        self._scene = scene
        self._name = name
        self._samplers: dict[str, Reslicer] = {}

    def request(
        self, viewport: Viewport, pane_size: tuple[int, int], display: DisplaySize, *, coarse: bool = False
    ) -> PlaneRequest:
        """Return what a pane wants to show, with larger pixels where it may be coarse."""
        volume = self._scene.volume
        whole = self._whole().laid(viewport.turn_deg, flipped=viewport.is_mirrored)
        zoom, pan_px = viewport.zoom, viewport.pan_px
        fit = PaneTransform.fit(
            whole.size, whole.pixel_mm, pane_size, zoom, pan_px, fit=viewport.fit, display=display, side=viewport.side
        )
        slab = max(viewport.slab_mm, 0.0), viewport.slab_mode
        pixel_px = _coarse_px(volume.geometry, pane_size, slab[0]) if coarse else 1.0
        grid, transform = whole.part(volume.geometry, fit, pane_size, pixel_px)
        return PlaneRequest(volume, grid, transform, fit.scale_x, *slab, is_coarse=coarse)

    def values(self, request: PlaneRequest) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return what was requested."""
        volume = request.volume
        return request.values(self._sampler("volume", volume.array, volume.geometry, nearest=False))

    def labels(self, segmentation: Segmentation, grid: PictureGrid) -> NDArray[Any]:
        """Return the nearest labels of a mask on a grid; 0 outside it."""
        sampler = self._sampler("labels", segmentation.labels, segmentation.geometry, nearest=True)
        labels, inside = sampler.sample(grid)
        labels[~inside] = 0
        return labels

    def _whole(self) -> PictureGrid:
        """Return the plane with the extent that the unturned one has, so that nothing grows or shrinks by turning."""
        scene, geometry = self._scene, self._scene.volume.geometry
        if scene.turned_planes is None:
            return PictureGrid.perpendicular(geometry, self._name, scene.cursor_mm)
        return PictureGrid.turned(geometry, scene.plane_axes(self._name), scene.cursor_mm, self._extent_mm)

    @cached_property
    def _extent_mm(self) -> tuple[float, float]:
        geometry = self._scene.volume.geometry
        own: SlicePlane | PictureGrid = SlicePlane.of(geometry, self._name)
        if geometry.is_sheared and SlicePlane.of(geometry, self._name).axis != 0:
            own = PictureGrid.perpendicular(geometry, self._name, geometry.centre_mm)
        return own.size[0] * own.pixel_mm[0], own.size[1] * own.pixel_mm[1]

    def _sampler(self, name: str, array: NDArray[Any], geometry: Geometry, *, nearest: bool) -> Reslicer:
        kept = self._samplers.get(name)
        if kept is None or kept.array is not array:
            kept = self._samplers[name] = Reslicer(array, geometry, nearest=nearest)
        return kept


def _coarse_px(geometry: Geometry, pane_size: tuple[int, int], slab_mm: float) -> float:
    """Return how many pane pixels wide a pixel of a coarse slab is, whose samples lie twice as far apart."""
    samples = pane_size[0] * pane_size[1] * (1 + slab_mm / min(geometry.spacing_mm) / 2.0)
    return min(max(math.sqrt(samples / _COARSE_BUDGET), _COARSE_PX[0]), _COARSE_PX[1])
