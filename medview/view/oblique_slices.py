"""Planes that are interpolated: those a person has turned, and upright ones across tilted images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.display_size import DisplaySize
from medview.imaging.plane import PlaneName, SlicePlane
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.geometry import Geometry
from medview.study.segmentation import Segmentation
from medview.view.pane_transform import PaneTransform
from medview.view.picture_grid import PictureGrid
from medview.view.reslicer import Reslicer

_BUDGET = 1_000_000  # samples that are taken within a frame: beyond, a moving slab is drawn coarser
_COARSE_PX = 2.0


class ObliqueSlices:
    """Lays the interpolated planes of one pane out and samples them; its samplers are kept between planes."""

    def __init__(self, scene: Scene, name: PlaneName) -> None:
        self._scene = scene
        self._name = name
        self._samplers: dict[str, Reslicer] = {}

    def laid_out(
        self, viewport: Viewport, pane_size: tuple[int, int], display: DisplaySize, *, coarse: bool
    ) -> tuple[PictureGrid, PaneTransform, float]:
        """Return the part of the plane that is seen, where it lies in the pane, and how many pane pixels a voxel has.

        Parameters
        ----------
        coarse
            While something moves: a slab of many samples gets larger pixels.
        """
        geometry = self._scene.volume.geometry
        whole = self._whole().laid(viewport.turn_deg, flipped=viewport.is_mirrored)
        zoom, pan_px = viewport.zoom, viewport.pan_px
        fit = PaneTransform.fit(
            whole.size, whole.pixel_mm, pane_size, zoom, pan_px, fit=viewport.fit, display=display
        )
        pixel_px = _COARSE_PX if coarse and _is_costly(geometry, viewport, pane_size) else 1.0
        grid, transform = whole.part(geometry, fit, pane_size, pixel_px)
        return grid, transform, fit.scale_x

    def sample(self, grid: PictureGrid, viewport: Viewport, *, coarse: bool) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the values of the volume on a grid, projected as the pane says, and where they lie inside it."""
        volume = self._scene.volume
        sampler = self._sampler("volume", volume.array, volume.geometry, nearest=False)
        return sampler.sample(grid, max(viewport.slab_mm, 0.0), viewport.slab_mode, coarse=coarse)

    def labels(self, segmentation: Segmentation, grid: PictureGrid) -> NDArray[Any]:
        """Return the nearest labels of a mask on a grid; 0 outside it."""
        sampler = self._sampler("labels", segmentation.labels, segmentation.geometry, nearest=True)
        labels, inside = sampler.sample(grid)
        labels[~inside] = 0
        return labels

    def _whole(self) -> PictureGrid:
        """Return the plane with the extent that the unturned one has, so that nothing grows or shrinks by turning."""
        scene, geometry = self._scene, self._scene.volume.geometry
        own = SlicePlane.of(geometry, self._name)
        upright = PictureGrid.perpendicular(geometry, self._name, scene.cursor_mm)
        if scene.turned_planes is None:
            return upright
        shown = upright if geometry.is_sheared and own.axis != 0 else own
        width, height = (n * mm for n, mm in zip(shown.size, shown.pixel_mm, strict=True))
        return PictureGrid.turned(geometry, scene.plane_axes(self._name), scene.cursor_mm, (width, height))

    def _sampler(self, name: str, array: NDArray[Any], geometry: Geometry, *, nearest: bool) -> Reslicer:
        kept = self._samplers.get(name)
        if kept is None or kept.array is not array:
            kept = self._samplers[name] = Reslicer(array, geometry, nearest=nearest)
        return kept


def _is_costly(geometry: Geometry, viewport: Viewport, pane_size: tuple[int, int]) -> bool:
    samples = 1 + viewport.slab_mm / min(geometry.spacing_mm)
    return pane_size[0] * pane_size[1] * samples > _BUDGET
