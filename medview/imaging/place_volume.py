"""A volume where it belongs among other images: on a moved grid, or resampled where it is bent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medview.progress import Progress, unheard
from medview.study import shared_array
from medview.study.geometry import Geometry
from medview.study.spatial_transform import SpatialTransform
from medview.study.volume import Volume

_MOST_VOXELS = 64_000_000  # of a bent volume: a quarter of a gigabyte


def moved_volume(volume: Volume, transform: SpatialTransform, frame_of_reference_uid: str) -> Volume:
    """Return the same array on a grid in the patient space that an affine transform leads from; nothing is copied.

    Parameters
    ----------
    transform
        From that space to the volume's own.
    frame_of_reference_uid
        Of that space.
    """
    affine = np.linalg.inv(transform.matrix) @ volume.geometry.affine
    return replace(
        volume, geometry=replace(volume.geometry, affine=affine, frame_of_reference_uid=frame_of_reference_uid)
    )


def bent_volume(volume: Volume, transform: SpatialTransform, like: Geometry, progress: Progress = unheard) -> Volume:
    """Return the values of a volume where a transform leads from the voxels of a grid, interpolated linearly.

    Parameters
    ----------
    like
        The grid in the space that the transform leads from. Where it has very many voxels, every second is taken.

    Returns
    -------
    Volume
        float32; NaN where the transform leads out of the volume.
    """
    from scipy.ndimage import map_coordinates

    grid = _affordable(like)
    values = shared_array.allocate(grid.shape, np.float32)
    plane = np.moveaxis(np.indices(grid.shape[1:]), 0, -1)
    for number in range(grid.shape[0]):
        progress(number / grid.shape[0], "Bending the second images")
        index = np.concatenate([np.full((*plane.shape[:2], 1), number), plane], axis=-1)
        places = volume.geometry.to_index(transform.to_other(grid.to_mm(index)))
        places = np.nan_to_num(places, nan=-10.0)  # a file may say that it does not know where a point belongs
        map_coordinates(volume.array, np.moveaxis(places, -1, 0), values[number], order=1, mode="constant", cval=np.nan)
    return Volume(values, grid, volume.series, volume.unit)


def _affordable(grid: Geometry) -> Geometry:
    """Return a grid, or every second voxel along the axes with the smallest steps until it is small enough."""
    while int(np.prod(grid.shape)) > _MOST_VOXELS:
        axis = int(np.argmin(grid.spacing_mm))
        affine = grid.affine.copy()
        affine[:3, axis] *= 2.0
        slices, rows, columns = ((n + 1) // 2 if a == axis else n for a, n in enumerate(grid.shape))
        grid = replace(grid, shape=(slices, rows, columns), affine=affine)
    return grid
