"""A chest that lesions are drawn into, with the real lesions that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medview.plugin import Geometry, resample
from plugins.lung_lesions.lung_lesions import GRID_MM, SLAB_MM, Chest, FloatArray, Mask, find_chest, harmonise


@dataclass(frozen=True, eq=False)
class Scan:
    """A scan as it was read: Hounsfield units, and a mask of its lesions."""

    name: str
    array: NDArray[Any]
    geometry: Geometry
    lesions: Mask


@dataclass(frozen=True)
class Truth:
    """Where a lesion is on the network's grid: centre and size in grid steps (slice, row, column)."""

    centre: NDArray[np.float64]
    size: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """A chest on the network's grid.

    Attributes
    ----------
    slab_mm, step_mm
        Thickness and distance of the slices it came in: what a drawn lesion is blurred with.
    soft_lesions
        The real lesions, 0 to 1.
    truths
        The real lesions' places.
    """

    name: str
    chest: Chest
    slab_mm: float
    step_mm: float
    soft_lesions: FloatArray
    truths: tuple[Truth, ...]


def case_of(
    scan: Scan, angle: float = 0.0, scale: float = 1.0, is_mirrored: bool = False, step_mm: float = 0.0
) -> Case:
    """Return a scan on the network's grid, maybe turned about the body's axis, scaled, mirrored, in thicker slices."""
    array, lesions, geometry = scan.array, scan.lesions.astype(np.float32), scan.geometry
    if step_mm > geometry.spacing_mm[0]:
        array, lesions, geometry = _thicker(array, lesions, geometry, step_mm)
    geometry = _moved(geometry, angle, scale, is_mirrored)
    hu, grid = harmonise(array, geometry)
    chest = find_chest(hu, grid, lambda _: None)
    if chest is None:
        raise ValueError(f"no lungs in {scan.name}")
    soft = resample(lesions, geometry, grid)
    step = geometry.spacing_mm[0]
    return Case(scan.name, chest, max(step, SLAB_MM), step, soft, _truths(soft > 0.5))


def _thicker(
    array: NDArray[Any], lesions: FloatArray, geometry: Geometry, step_mm: float
) -> tuple[NDArray[Any], FloatArray, Geometry]:
    """Return the scan as slices of `step_mm` would show it: averaged, and fewer."""
    step = geometry.spacing_mm[0]
    at = np.arange(0.0, len(array) - 1, step_mm / step)
    affine = geometry.affine.copy()
    affine[:3, 0] *= step_mm / step
    thick = Geometry((len(at), *geometry.shape[1:]), affine)
    return _sampled(array, at, step_mm / step), _sampled(lesions, at, step_mm / step), thick


def _sampled(array: NDArray[Any], at: NDArray[np.float64], ratio: float) -> FloatArray:
    below = at.astype(int)
    share = (at - below).astype(np.float32)[:, None, None]
    values = ndimage.uniform_filter1d(array.astype(np.float32), max(1, round(ratio)), axis=0, mode="nearest")
    sampled: FloatArray = values[below] * (1 - share) + values[below + 1] * share
    return sampled


def _moved(geometry: Geometry, angle: float, scale: float, is_mirrored: bool) -> Geometry:
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    size = np.diag([-scale if is_mirrored else scale, scale, scale, 1.0])
    return Geometry(geometry.shape, turn @ size @ geometry.affine)


def _truths(lesions: Mask) -> tuple[Truth, ...]:
    pieces, _ = ndimage.label(lesions, np.ones((3, 3, 3)))
    least = 30.0 / np.prod(GRID_MM)
    boxes = [b for n, b in enumerate(ndimage.find_objects(pieces), 1) if (pieces[b] == n).sum() > least]
    return tuple(truth_of(box) for box in boxes)


def truth_of(box: tuple[slice, ...]) -> Truth:
    """Return the place of what fills a box of voxels."""
    low, high = np.array([b.start for b in box]), np.array([b.stop for b in box])
    return Truth((low + high - 1) / 2.0, (high - low).astype(np.float64))
