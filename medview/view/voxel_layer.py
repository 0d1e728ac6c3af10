"""Voxels of a model over a picture: a heat map in colours, and what a run that goes on has found so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from medview.imaging.colour_maps import colour_table
from medview.session.finding_view import finding_view, shown_map
from medview.session.scene import Scene
from medview.study.finding import HeatMap, MapKind
from medview.study.geometry import Geometry
from medview.view.picture_grid import PictureGrid
from medview.view.slice_picture import SlicePicture

_MAPS: dict[MapKind, str] = {"saliency": "hot_iron", "uncertainty": "winter", "probability": "perceptual"}
_PARTIAL_ALPHA = 110


@dataclass(frozen=True, eq=False)
class VoxelPicture:
    """Colours (height, width, 4) uint8 RGBA of the picture's pixels, alpha not multiplied in."""

    colours: NDArray[np.uint8]


class VoxelLayer:
    """Makes the layers of one pane and keeps them until the slice or what they show changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[object, ...], VoxelPicture | None]] = {}

    def heat(self, scene: Scene, picture: SlicePicture) -> VoxelPicture | None:
        """Return the heat map that is shown over a picture; its low values are transparent. None where none is."""
        finding = shown_map(scene)
        if finding is None or not isinstance(finding.payload, HeatMap):
            self._kept.pop("heat", None)
            return None
        heat, opacity = finding.payload, finding_view(scene.study).map_opacity
        key = (ref(finding), opacity, *_place(picture.grid))
        kept = self._kept.get("heat")
        if kept is None or kept[0] != key:
            values, inside = nearest_voxels(heat.array, finding.geometry, picture.grid)
            kept = self._kept["heat"] = key, VoxelPicture(_heat_colours(values, inside, heat.kind, opacity))
        return kept[1]

    def partial(self, scene: Scene, picture: SlicePicture) -> VoxelPicture | None:
        """Return what a run that goes on has found so far; None where nothing of it lies in the picture."""
        partial = scene.partial
        if partial is None:
            self._kept.pop("partial", None)
            return None
        key = (ref(partial), partial.revision, *_place(picture.grid))
        kept = self._kept.get("partial")
        if kept is None or kept[0] != key:
            labels, inside = nearest_voxels(partial.array, scene.volume.geometry, picture.grid)
            seen = inside & (labels > 0)
            found = VoxelPicture(_label_colours(labels, seen, partial.colours)) if seen.any() else None
            kept = self._kept["partial"] = key, found
        return kept[1]


def nearest_voxels(
    array: NDArray[Any], geometry: Geometry, grid: PictureGrid
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the values (height, width) of the voxels that pixel centres of a grid lie in, and where there are any.

    Nothing is interpolated: what a model said of a voxel stays of that voxel.
    """
    width, height = grid.size
    corners = geometry.to_index(np.array([grid.to_mm(0.5, 0.5), grid.to_mm(1.5, 0.5), grid.to_mm(0.5, 1.5)]))
    start, right, down = corners[0], corners[1] - corners[0], corners[2] - corners[0]
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    inside = np.ones((height, width), dtype=np.bool_)
    flat = np.zeros((height, width), dtype=np.int64)
    for axis, size in enumerate(geometry.shape):
        # half a voxel between two slices belongs to the one that is shown: rounded alike everywhere
        number = np.floor(start[axis] + right[axis] * x + down[axis] * y + 0.5 + 1e-6).astype(np.int64)
        inside &= (number >= 0) & (number < size)
        flat = flat * size + np.clip(number, 0, size - 1)
    return array.reshape(-1).take(flat), inside


def _heat_colours(
    values: NDArray[np.uint8], inside: NDArray[np.bool_], kind: MapKind, opacity: float
) -> NDArray[np.uint8]:
    table = np.empty((256, 4), dtype=np.uint8)
    table[:, :3] = colour_table(_MAPS[kind])
    table[:, 3] = np.round(np.minimum(np.arange(256) * 2, 255) * opacity)
    made: NDArray[np.uint8] = table[values]
    made[~inside] = 0
    return made


def _label_colours(
    labels: NDArray[Any], seen: NDArray[np.bool_], colours: dict[int, tuple[int, int, int]]
) -> NDArray[np.uint8]:
    table = np.zeros((max((*colours, int(labels.max()))) + 1, 4), dtype=np.uint8)
    for number, colour in colours.items():
        table[number] = (*colour, _PARTIAL_ALPHA)
    made: NDArray[np.uint8] = table[labels]
    made[~seen] = 0
    return made


def _place(grid: PictureGrid) -> tuple[object, ...]:
    """Return what tells a grid from others by its values."""
    return grid.size, np.concatenate([grid.origin_mm, grid.x_step_mm, grid.y_step_mm]).tobytes()
