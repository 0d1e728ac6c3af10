"""The images as a network wants them: the box that counts, on its grid, in its values, and how they are cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medview.imaging.padding import padding_range
from medview.plugin.engine import tiles
from medview.plugin.engine.cubic_in import cubic_in
from medview.plugin.engine.intensity import Intensity, measured
from medview.plugin.engine.model_grid import AxisMap, ModelGrid
from medview.plugin.engine.resample_in import resample_in
from medview.plugin.manifest.input_record import InputRecord
from medview.plugin.manifest.manifest import Manifest
from medview.progress import Progress, unheard
from medview.study.volume import Volume

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """A volume on the network's grid.

    Attributes
    ----------
    values
        float32 (slices, rows, columns) on the device, axes running the network's way.
    grid
        Over the images inside `box`.
    box
        The part of the images that was taken.
    """

    values: Tensor
    grid: ModelGrid
    box: Box
    tiling: tiles.Tiling
    intensity: Intensity

    @property
    def patch_of_network(self) -> tuple[int, int, int]:
        """Voxels of a patch along the network's axes."""
        a, b, c = (self.tiling.patch[axis] for axis in self.grid.axes)
        return a, b, c

    def whole_patches(self) -> list[Tensor]:
        """Return the images cut into patches that do not overlap, each (1, 1, *patch), axes in the network's order."""
        turned = self.values.permute(*self.grid.axes)
        side = self.patch_of_network[0]
        return [turned[first : first + side][None, None] for first in range(0, turned.shape[0] - side + 1, side)]

    def slice_indices(self) -> NDArray[np.int64]:
        """Return the slices of the images that a network sees one by one; none where it looks along another axis."""
        axis = self.grid.maps[0]
        places = np.rint(axis.start + axis.step * np.arange(axis.size))
        # a grid of exact spacing may reach past the last slice, whose values hold there
        slices = self.box[0].start + np.clip(places, 0, axis.source_size - 1).astype(np.int64)
        return slices if self.grid.axes[0] == 0 else np.empty(0, dtype=np.int64)

    def undone(self, values: Tensor) -> Tensor:
        """Return values that a network has given in those of the images."""
        return self.intensity.undone(values)


def network_input(manifest: Manifest, volume: Volume, device: str, progress: Progress = unheard) -> NetworkInput:
    """Bring a volume to what the network of a manifest takes."""
    record = manifest.input
    box = _box(volume.array, record)
    array = volume.array[box]
    geometry = _part(volume, box)
    grid = ModelGrid.over(geometry, record.grid.spacing_mm, record.grid.orientation, record.grid.alignment)
    if manifest.outputs[0].type == "scores" and manifest.tiling is not None:
        grid = _fitted(grid, manifest.tiling.patch, manifest.network is not None and manifest.network.axes == "2d")
    values, intensity = _values(record, array, grid, _Way(volume, geometry.spacing_mm, device, progress))
    return NetworkInput(values, grid, box, _tiling(manifest, grid), intensity)


@dataclass(frozen=True, eq=False)
class _Way:
    """What is known of the images on their way in."""

    volume: Volume
    spacing_mm: tuple[float, float, float]
    device: str
    progress: Progress


def _values(record: InputRecord, array: NDArray[Any], grid: ModelGrid, way: _Way) -> tuple[Tensor, Intensity]:
    padding = padding_range(way.volume.series)
    on_images = record.intensity_on == "images"
    first = measured(record.intensity if on_images else (), array, padding)
    if record.grid.interpolation == "cubic":
        changed = first.apply(torch.from_numpy(array.astype(np.float32)))
        wanted_mm = [0.0, 0.0, 0.0]
        for axis, wanted in zip(grid.axes, record.grid.spacing_mm, strict=True):
            wanted_mm[axis] = wanted
        made = cubic_in(changed.numpy(), grid, way.spacing_mm, (wanted_mm[0], wanted_mm[1], wanted_mm[2]), way.progress)
        values = torch.from_numpy(made).to(way.device)
    else:
        kind = record.grid.interpolation
        values = resample_in(array, grid, first, device=way.device, interpolation=kind, progress=way.progress)
    if on_images:
        return values, first
    later = measured(record.intensity, values.cpu().numpy())
    return later.apply(values), later


def _box(array: NDArray[Any], record: InputRecord) -> Box:
    """Return the box of what is not 0, or the whole where nothing is."""
    whole = (slice(0, array.shape[0]), slice(0, array.shape[1]), slice(0, array.shape[2]))
    if record.grid.crop == "none":
        return whole
    sides = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        there = np.flatnonzero((array != 0).any(axis=others))
        if not there.size:
            return whole
        sides.append(slice(int(there[0]), int(there[-1]) + 1))
    return sides[0], sides[1], sides[2]


def _part(volume: Volume, box: Box) -> Any:
    """Return the geometry of a box of the volume."""
    geometry = volume.geometry
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.to_mm([side.start for side in box])
    a, b, c = (side.stop - side.start for side in box)
    return replace(geometry, shape=(a, b, c), affine=affine)


def _fitted(grid: ModelGrid, patch: tuple[int, int, int], is_flat: bool) -> ModelGrid:
    """Return a grid that fills the same box with as many voxels as a patch; slices stay as they are for one in 2D."""
    wanted = grid.in_source_order(patch)
    maps = list(grid.maps)
    for axis, (one, size) in enumerate(zip(grid.maps, wanted, strict=True)):
        if is_flat and axis == grid.axes[0]:
            continue
        step = one.source_size / size
        fitted = AxisMap(size, one.source_size, (step - 1.0) / 2.0, step)
        maps[axis] = fitted.flipped() if one.step < 0 else fitted
    return replace(grid, maps=(maps[0], maps[1], maps[2]))


def _tiling(manifest: Manifest, grid: ModelGrid) -> tiles.Tiling:
    """Return how the grid is cut; without a word about it the whole is one tile, or each slice for one in 2D."""
    if manifest.tiling is None:
        a, b, c = (grid.size[axis] for axis in grid.axes)
        is_flat = manifest.network is not None and manifest.network.axes == "2d"
        return tiles.Tiling(grid.in_source_order((1 if is_flat else a, b, c)), 0.0, "constant")
    told = manifest.tiling
    return tiles.Tiling(grid.in_source_order(told.patch), told.overlap, told.blend, told.placing)
